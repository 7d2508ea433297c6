import pg from 'pg'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'
import { serve } from './serve.cjs'

serve(pg, Cursor, QueryStream)
