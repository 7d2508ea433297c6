// Lives for some exports of metrics and ends.
setTimeout(() => {}, 1000)
