const express = require('express')
require('./serve.cjs')(express)
