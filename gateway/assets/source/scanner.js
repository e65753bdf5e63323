// The warden's page: camera → QR code → verdict, also without a connection.
import { isFresh, judge, readStatusList } from "./permit.js";

const page = document.querySelector("[data-scanner]");
const video = page.querySelector("video");
const result = page.querySelector("[data-result]");
const age = page.querySelector("[data-list-age]");
const sentence = (key) => page.querySelector(`[data-sentence=${key}]`).innerHTML;
const now = () => Math.floor(Date.now() / 1000);
let keys = { keys: [] };
let list = null;
let last = "";

async function load() {
  try {
    keys = await (await fetch(page.dataset.keys)).json();
    const sent = new Uint8Array(await (await fetch(page.dataset.statusList)).arrayBuffer());
    const fresh = await readStatusList(sent, keys);
    if (list === null || fresh.issued >= list.issued) list = fresh;
  } catch { /* neither network nor cache: what was loaded before stays */ }
  const key = list === null ? "no_list" : isFresh(list, now()) ? "list_age" : "list_old";
  const when = list === null ? "" : ` ${new Date(list.issued * 1000).toLocaleString(document.documentElement.lang)}`;
  age.textContent = sentence(key) + when;
}

async function show(text) {
  if (text === last) return;
  last = text;
  setTimeout(() => { last = ""; }, 4000);
  const said = await judge(text, keys, list, now());
  const card = page.querySelector(`[data-verdict=${said.verdict}]`).content.cloneNode(true);
  if (said.until) said.until = new Date(said.until * 1000).toLocaleDateString(document.documentElement.lang, { timeZone: "UTC" });
  for (const row of card.querySelectorAll("[data-row]")) {
    const value = said[row.dataset.row];
    row.hidden = !value;
    row.querySelector("dd").textContent = value ?? "";
  }
  result.replaceChildren(card);
  navigator.vibrate?.(said.verdict === "valid" ? 60 : [120, 60, 120]);
}

async function reader() {
  if ("BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video))[0]?.rawValue;
  }
  await new Promise((loaded, failed) => {
    const script = Object.assign(document.createElement("script"), { src: page.dataset.decoder, onload: loaded, onerror: failed });
    document.head.append(script);
  });
  const canvas = document.createElement("canvas");
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  return async () => {
    const shrink = Math.min(1, 800 / video.videoWidth);
    canvas.width = video.videoWidth * shrink;
    canvas.height = video.videoHeight * shrink;
    paper.drawImage(video, 0, 0, canvas.width, canvas.height);
    const image = paper.getImageData(0, 0, canvas.width, canvas.height);
    return jsQR(image.data, image.width, image.height)?.data;
  };
}

async function start(event) {
  event.currentTarget.hidden = true;
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    result.textContent = sentence("no_camera");
    page.querySelector("[data-start]").hidden = false;
    return;
  }
  video.hidden = false;
  await video.play();
  const read = await reader();
  for (;;) {
    const text = await read().catch(() => undefined);
    if (text) await show(text);
    await new Promise((done) => setTimeout(done, 150));
  }
}

page.querySelector("[data-start]").addEventListener("click", start);
window.addEventListener("online", load);
setInterval(load, 10 * 60 * 1000);
load();
navigator.serviceWorker?.register(page.dataset.worker, { scope: location.pathname });
