// Keeps the warden's page, the keys and the last status list at hand when there is no connection.
const FILES = ["FILES"];
const CACHE = `warden-${FILES.join().length}-${FILES.join().split("").reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) | 0, 7)}`;
const DATA = ["/aufsicht/statusliste", "/aufsicht/schluessel"];
const page = new URL(registration.scope).pathname;

self.addEventListener("install", (event) => {
  const wanted = [page, ...DATA];
  event.waitUntil(caches.open(CACHE).then(async (cache) => {
    await cache.addAll(FILES.map((name) => `/static/${name}`));
    await Promise.allSettled(wanted.map((url) => cache.add(url)));
    await self.skipWaiting();
  }));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys().then(async (names) => {
    await Promise.all(names.filter((name) => name.startsWith("warden-") && name !== CACHE).map((name) => caches.delete(name)));
    await self.clients.claim();
  }));
});

async function networkFirst(request) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await cache.put(request.url, answer.clone());
    return answer;
  } catch {
    return (await cache.match(request.url)) ?? Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/")) {
    event.respondWith(caches.match(event.request).then((found) => found ?? fetch(event.request)));
  } else if (url.pathname === page || DATA.includes(url.pathname)) {
    event.respondWith(networkFirst(event.request));
  }
});
