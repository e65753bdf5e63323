// Progressive enhancement only: without it the page says "refresh", with it the steps appear by themselves.
const box = document.querySelector("[data-live]");
if (box && "EventSource" in window) {
  const stream = new EventSource(box.dataset.live);
  stream.addEventListener("steps", (event) => { for (const steps of document.querySelectorAll("[data-steps]")) steps.innerHTML = event.data; });
  stream.addEventListener("documents", (event) => { for (const papers of document.querySelectorAll("[data-documents]")) papers.innerHTML = event.data; });
  stream.addEventListener("announce", (event) => { const line = document.getElementById("announce"); if (line) line.textContent = event.data; });
  stream.addEventListener("end", () => { stream.close(); });
  stream.addEventListener("done", () => { stream.close(); location.reload(); });
}
