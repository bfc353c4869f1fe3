// A photo by the camera of a computer; phones have a better way of their own, which the page leaves to them.

const by = (id) => document.getElementById(id);

export function canShow() {
  return Boolean(navigator.mediaDevices?.getUserMedia) && !matchMedia("(pointer: coarse)").matches;
}

/** Show what the camera sees until a photo is taken: a File, or null where none was. Throws where there is no camera. */
export async function photo() {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 3840 }, height: { ideal: 2160 } } });
  const [dialog, view] = [by("lens"), by("view")];
  try {
    view.srcObject = stream;
    await view.play();
    dialog.showModal();
    return await new Promise((resolve) => {
      by("take").onclick = () => resolve(still(view));
      by("no-lens").onclick = () => resolve(null);
      dialog.onclose = () => resolve(null);
    });
  } finally {
    // The light of the camera goes out.
    for (const track of stream.getTracks()) track.stop();
    view.srcObject = null;
    dialog.close();
  }
}

async function still(view) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [view.videoWidth, view.videoHeight];
  canvas.getContext("2d").drawImage(view, 0, 0);
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.95); });
  return new File([blob], "photo.jpg", { type: "image/jpeg" });
}
