// What a camera sees, as text: the browser's own reader of codes where there is one, else jsQR.
const WIDTH = 800; // pixels in which jsQR looks; more is slow on an old phone, and finds no more

// The picture of the camera in `video`. Throws what getUserMedia throws; TypeError without a secure connection.
export async function openCamera(video) {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
  });
  video.srcObject = stream;
  await video.play();
  return stream.getVideoTracks()[0];
}

// A function that reads one code off the picture of now, or nothing. Throws when there is no way to read codes.
export async function codeReader(video, decoder) {
  if ((await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []))?.includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video))[0]?.rawValue;
  }
  await loaded(decoder);
  const paper = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  return async () => {
    const shrink = Math.min(1, WIDTH / video.videoWidth);
    const width = (paper.canvas.width = video.videoWidth * shrink);
    const height = (paper.canvas.height = video.videoHeight * shrink);
    paper.drawImage(video, 0, 0, width, height);
    const { data } = paper.getImageData(0, 0, width, height);
    return jsQR(data, paper.canvas.width, paper.canvas.height, { inversionAttempts: "dontInvert" })?.data;
  };
}

function loaded(source) {
  return new Promise((done, failed) => {
    document.head.append(Object.assign(document.createElement("script"), { src: source, onload: done, onerror: failed }));
  });
}
