// Keeps the warden's page, the keys and the last status list at hand when there is no connection.
const FILES = ["FILES"];
const CACHE = `warden-${FILES.join().length}-${FILES.join().split("").reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) | 0, 7)}`;
const DATA = ["/aufsicht/statusliste/2", "/aufsicht/schluessel"];
const PATIENCE = 4000; // milliseconds a weak network has, where an answer is kept
const page = new URL(registration.scope).pathname;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then(async (cache) => {
    await cache.addAll(FILES.map((name) => `/static/${name}`));
    await Promise.allSettled([page, ...DATA].map((url) => keep(cache, url)));
    await self.skipWaiting();
  }));
});

// A fresh answer, or what an earlier worker kept: a new version must not leave the warden with less.
async function keep(cache, url) {
  const answer = await fetch(url, { cache: "no-cache" }).catch(() => undefined);
  const good = answer?.ok && !answer.redirected ? answer : await caches.match(url);
  if (good) await cache.put(url, good);
}

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys().then(async (names) => {
    await Promise.all(names.filter((name) => name.startsWith("warden-") && name !== CACHE).map((name) => caches.delete(name)));
    await self.clients.claim();
  }));
});

async function networkFirst(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.url);
  const asked = fetch(request).then(async (answer) => {
    if (answer.ok && !answer.redirected) await cache.put(request.url, answer.clone());
    return answer;
  });
  if (!kept) return asked;
  const late = new Promise((_, failed) => setTimeout(failed, PATIENCE));
  const answer = await Promise.race([asked, late]).catch(() => undefined);
  return answer && answer.status < 500 ? answer : marked(kept);
}

// The page tells by the header that the answer is from the cache.
function marked(kept) {
  const headers = new Headers(kept.headers);
  headers.set("x-kept", "1");
  return new Response(kept.body, { status: kept.status, headers });
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
