// Progressive enhancement only: without it the page says "refresh", with it the steps appear by themselves.
const box = document.querySelector("[data-live]");
if (box && "EventSource" in window) {
  const stream = new EventSource(box.dataset.live);
  stream.addEventListener("steps", (event) => { box.innerHTML = event.data; });
  stream.addEventListener("announce", (event) => { document.getElementById("announce").textContent = event.data; });
  stream.addEventListener("done", () => { stream.close(); location.reload(); });
}
