// Lives for some exports of metrics and ends.
setTimeout(() => {}, 200)
