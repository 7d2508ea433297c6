exports.express = require('express')
