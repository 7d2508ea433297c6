const express = require('express')
console.log(express())
