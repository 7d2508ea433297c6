exports.express = require('express')
exports.kind = 'required'
