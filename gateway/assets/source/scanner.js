// The warden's page: camera → QR code → verdict, also without a connection.
import { isFresh, judge, readStatusList } from "./permit.js";
import { codeReader, openCamera } from "./reader.js";

const PAUSE = 150; // milliseconds between two looks at the picture
const PATIENCE = 5000; // milliseconds without a code until the page says what helps
const AGAIN = 3000; // milliseconds out of the picture after which the same code counts as shown again
const page = document.querySelector("[data-scanner]");
const part = (name) => page.querySelector(`[data-${name}]`);
const video = page.querySelector("video");
const language = { de: "de-DE", en: "en-GB" }[document.documentElement.lang];
const sentence = (key) => part(`sentence=${key}`).content.textContent;
const now = () => Math.floor(Date.now() / 1000);
let loading;
const ready = () => status.keys.keys.length > 0;
const status = { keys: { keys: [] }, list: null, reached: false };

async function fetched(address) {
  const answer = await fetch(address, { cache: "no-cache" }); // the browser's own cache would pass for a network
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}

async function load() {
  try {
    const [keys, list] = await Promise.all([fetched(page.dataset.keys), fetched(page.dataset.statusList)]);
    status.keys = await keys.json();
    const fresh = await readStatusList(new Uint8Array(await list.arrayBuffer()), status.keys);
    if (status.list === null || fresh.issued >= status.list.issued) status.list = fresh;
    status.reached = !list.headers.has("x-kept");
  } catch {
    status.reached = false; // what was loaded before stays
  }
  tellAge();
}

function age(seconds) {
  const [unit, size] = [["day", 86400], ["hour", 3600], ["minute", 60]].find(([, size]) => seconds >= size * 2) ?? ["minute", 60];
  const count = Math.max(1, Math.floor(seconds / size));
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

function tellAge() {
  const { list, reached } = status;
  const key = list === null ? "no_list" : !isFresh(list, now()) ? "list_old" : reached ? "list_age" : "list_kept";
  const moment = list && new Date(list.issued * 1000).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
  const said = list === null ? sentence(key) : sentence(key).replace("{age}", age(now() - list.issued)).replace("{moment}", moment);
  part("list-age").textContent = said;
  part("list-age").classList.toggle("urgent", key === "list_old");
}

async function show(text) {
  if (!ready()) await loading; // a weak network takes its time; what is kept comes then
  const said = await judge(text, status.keys, status.list, now());
  const card = part(`verdict=${said.verdict}`).content.cloneNode(true);
  if (said.until) said.until = new Date(said.until * 1000).toLocaleDateString(language, { timeZone: "UTC" });
  for (const row of card.querySelectorAll("[data-row]")) {
    const value = said[row.dataset.row];
    row.hidden = !value;
    row.querySelector("[data-value]").textContent = value ?? "";
  }
  part("result").replaceChildren(card);
  part("result").scrollIntoView({ block: "nearest" });
  navigator.vibrate?.(said.verdict === "valid" ? 60 : [120, 60, 120]);
}

function hint(key) {
  const said = key ? sentence(key) : "";
  if (part("hint").textContent !== said) part("hint").textContent = said; // repeated, it would be read out again
}

function giveUp(key) {
  hint(key);
  part("finder").hidden = true;
  part("start").hidden = false;
  part("by-hand").open = true;
}

async function watch(track, read) {
  let last = "", seen = Date.now();
  while (track.readyState === "live") {
    const code = await read().catch(() => undefined);
    const text = code && code + ready(); // judged again once there are keys
    const pause = Date.now() - seen;
    if (text) {
      if (text !== last || pause > AGAIN) await show(code);
      [last, seen] = [text, Date.now()];
    }
    hint(pause > PATIENCE ? "no_code" : last ? "next" : "aim");
    await new Promise((done) => setTimeout(done, PAUSE));
  }
  giveUp("camera_ended");
}

async function start() {
  part("start").hidden = true;
  part("finder").hidden = false;
  let track;
  try {
    track = await openCamera(video);
  } catch (problem) {
    return giveUp(problem.name === "NotAllowedError" ? "camera_refused" : "no_camera");
  }
  try {
    await watch(track, await codeReader(video, page.dataset.decoder));
  } catch {
    track.stop();
    giveUp("no_reader");
  }
}

function judgeTyped(event) {
  event.preventDefault();
  const code = new FormData(event.target).get("code").replace(/\s/g, "");
  if (code) show(code);
}

part("start").hidden = false;
part("start").addEventListener("click", start);
part("by-hand").querySelector("form").addEventListener("submit", judgeTyped);
window.addEventListener("online", load);
window.addEventListener("offline", load);
document.addEventListener("visibilitychange", () => { if (!document.hidden) load(); });
setInterval(load, 10 * 60 * 1000);
setInterval(tellAge, 30 * 1000);
loading = load();
navigator.serviceWorker?.register(page.dataset.worker, { scope: location.pathname });
