import { exec, execFile, execFileSync, execSync, fork, spawn, spawnSync } from 'node:child_process'
import serve from './serve.cjs'

serve({ exec, execFile, execFileSync, execSync, fork, spawn, spawnSync })
