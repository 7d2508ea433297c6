const response = await fetch(process.env.URL)
console.log(response.status, await response.text())
