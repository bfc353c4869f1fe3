// The page: takes a file, shows what was read page by page, and saves it.
import { countPages, events, Failure, forget, languages, read, result, settings, signIn, submit } from "./api.js";
import { canShow, photo } from "./camera.js";
import { grade, Sheet } from "./sheet.js";

const FORMATS = [
  ["text", "text", ".txt"], ["markdown", "Markdown", ".md"], ["json", "JSON", ".json"], ["pdf", "searchable PDF", ".pdf"],
  ["docx", "Word", ".docx"], ["hocr", "hOCR", ".hocr"], ["alto", "ALTO", ".xml"], ["csv", "tables as CSV", ".csv"], ["xlsx", "tables as XLSX", ".xlsx"],
];
// Shown by browsers themselves; other pictures, and pages of PDFs, come from the service.
const SHOWN = new Set(["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/bmp"]);
const by = (id) => document.getElementById(id);
const sheet = new Sheet(by("sheet"));
// So many pages are read one by one; longer documents are sent once, and read by the service while this page listens.
const SHORT = 4;
const state = { source: null, pages: [], at: 0, edits: new Map(), asked: {}, abort: null, job: null };

for (const [value, name] of FORMATS) by("format").append(new Option(name, value));

function tell(message, isBad = false) {
  by("status").textContent = message;
  by("status").classList.toggle("bad", isBad);
}

function asked() {
  return {
    language: by("language").value.trim(), mode: by("mode").value, correct: by("correct").value, extract: by("extract").value,
  };
}

async function start(source) {
  state.abort?.abort();
  state.abort = new AbortController();
  const { signal } = state.abort;
  leaveJob();
  Object.assign(state, { source, pages: [], at: 0, edits: new Map(), asked: asked() });
  by("result").hidden = by("skip").hidden = true;
  by("again").hidden = false;
  by("progress").hidden = false;
  by("progress").removeAttribute("value");
  tell(`Reading ${source.file ? source.file.name || "the picture" : source.url} …`);
  try {
    await readPages(source, signal);
    const lines = state.pages.reduce((sum, page) => sum + page.lines.length, 0);
    const pages = state.pages.length === 1 ? "" : ` on ${state.pages.length} pages`;
    tell(lines ? `${lines} ${lines === 1 ? "line" : "lines"}${pages}.` : "No text was found.");
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error instanceof Failure && error.status === 401) {
      tell("The service wants to know who asks.", true);
      if (await askWho()) return start(source);
      return;
    }
    tell(error.message, true);
  } finally {
    if (!signal.aborted) by("progress").hidden = true;
  }
}

/** Read page by page, so that the first shows while the others are read. */
async function readPages(source, signal) {
  const isOne = source.file && SHOWN.has(source.file.type) && source.file.type !== "image/gif";
  const total = isOne ? 1 : await countPages(source, signal);
  if (total > SHORT && (await readJob(source, total, signal))) return;
  for (let number = 1; number <= total; number += 1) {
    const answer = await read(source, { ...state.asked, format: "json", pages: String(number), pictures: isOne ? "" : "true" }, signal);
    const told = await answer.json();
    const page = (told.document ?? told).pages[0];
    came({ ...page, lines: linesOf(page), picture: pictureOf(source, told), fields: told.fields }, number, total);
  }
}

/** Take in a page that was read: the first is shown at once. */
function came(page, number, total) {
  state.pages.push(page);
  by("progress").max = total;
  by("progress").value = number;
  if (state.pages.length === 1) {
    by("result").hidden = by("skip").hidden = false;
    show(0);
    by("result").focus({ preventScroll: true });
  } else {
    turned();
  }
  if (number < total) tell(`Page ${number} of ${total} is read …`);
}

/** Have a long document read as a job, and show its pages as they come. Returns false where the service takes no jobs. */
async function readJob(source, total, signal) {
  try {
    state.job = await submit(source, state.asked, signal);
  } catch (error) {
    if (error instanceof Failure && error.status === 404) return false;
    throw error;
  }
  for await (const [kind, told] of events(state.job, signal)) {
    if (kind === "page" && told.page) came({ ...told.page, lines: linesOf(told.page), picture: null }, told.position, total);
    if (kind === "page" && told.error) tell(`Page ${told.position} cannot be read: ${told.error.message}`, true);
    if (kind === "end" && told.state !== "done") throw new Failure(0, "", told.error?.message ?? "The job was cancelled.");
  }
  if (state.asked.extract && state.pages.length) {
    const found = (await (await result(state.job, { format: "json" }, signal)).json()).fields;
    for (const page of state.pages) page.fields = found;
    fields(found);
  }
  return true;
}

/** Fetch the picture of a job's page when it is looked at. */
async function fetchPicture(page) {
  const { job } = state;
  page.picture = "";
  try {
    const answer = await result(job, { format: "json", pages: page.number, pictures: true, partial: true }, state.abort.signal);
    page.picture = pictureOf({}, await answer.json());
  } catch {
    page.picture = null;
    return;
  }
  if (state.job === job && state.pages[state.at] === page) sheet.show(page, page.picture, page.lines, point);
}

function leaveJob() {
  if (state.job) forget(state.job);
  state.job = null;
}

function linesOf(page) {
  return page.blocks.flatMap((block) =>
    block.lines.map((line, index) => ({ ...line, isStart: index === 0, kind: block.kind })),
  );
}

function pictureOf(source, told) {
  if (told.pictures?.[0]) return `data:image/jpeg;base64,${told.pictures[0]}`;
  return source.file && SHOWN.has(source.file.type) ? URL.createObjectURL(source.file) : null;
}

function show(at) {
  state.at = at;
  const page = state.pages[at];
  if (state.job && page.picture === null) fetchPicture(page);
  sheet.show(page, page.picture || null, page.lines, point);
  by("lines").replaceChildren(...page.lines.map((line, index) => item(line, index)));
  fields(page.fields);
  turned();
}

function turned() {
  by("page").textContent = `Page ${state.at + 1} of ${state.pages.length}`;
  by("before").disabled = state.at === 0;
  by("after").disabled = state.at >= state.pages.length - 1;
}

function item(line, index) {
  const made = document.createElement("li");
  made.className = [grade(line.confidence), line.isStart ? "start" : "", line.kind === "heading" ? "heading" : ""].join(" ").trim();
  made.tabIndex = 0;
  const text = document.createElement("span");
  text.className = "text";
  text.dir = "auto";
  const edited = state.edits.get(`${state.at}/${index}`);
  text.textContent = edited ?? line.text;
  made.classList.toggle("edited", edited !== undefined);
  const sure = document.createElement("span");
  sure.className = "sure";
  sure.textContent = `${Math.round(line.confidence * 100)} %`;
  sure.title = "how sure the reading is";
  made.append(text, sure);
  const before = corrected(line);
  if (before) {
    const told = document.createElement("span");
    told.className = "before";
    told.textContent = `corrected; read: ${before}`;
    made.append(told);
  }
  made.addEventListener("pointerenter", () => point(index));
  made.addEventListener("pointerleave", () => point(-1));
  made.addEventListener("focus", () => { point(index); sheet.reveal(index); });
  made.addEventListener("dblclick", () => edit(made, text, index));
  made.addEventListener("keydown", (event) => keyed(event, made, text, index));
  return made;
}

/** What stood where the corrector put other words. */
function corrected(line) {
  const accepted = (line.edits ?? []).filter((each) => each.refused === null);
  return accepted.map((each) => each.before.map((word) => word.text).join(" ")).join(", ");
}

function keyed(event, made, text, index) {
  if (text.isContentEditable) return;
  if (event.key === "Enter") {
    event.preventDefault();
    edit(made, text, index);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    (event.key === "ArrowDown" ? made.nextElementSibling : made.previousElementSibling)?.focus();
  }
}

function edit(made, text, index) {
  const before = text.textContent;
  text.contentEditable = "plaintext-only";
  if (text.contentEditable !== "plaintext-only") text.contentEditable = "true";
  text.focus();
  const done = (isKept) => {
    text.removeEventListener("blur", leave);
    text.removeEventListener("keydown", key);
    text.contentEditable = "false";
    const now = text.textContent.replace(/\s+/g, " ").trim();
    const key_ = `${state.at}/${index}`;
    if (isKept && now && now !== state.pages[state.at].lines[index].text) state.edits.set(key_, now);
    else if (isKept) state.edits.delete(key_);
    text.textContent = isKept ? state.edits.get(key_) ?? state.pages[state.at].lines[index].text : before;
    made.classList.toggle("edited", state.edits.has(key_));
    made.focus();
  };
  const leave = () => done(true);
  const key = (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    done(event.key === "Enter");
  };
  text.addEventListener("blur", leave);
  text.addEventListener("keydown", key);
}

function point(index) {
  sheet.point(index);
  [...by("lines").children].forEach((each, at) => each.classList.toggle("on", at === index));
}

function fields(found) {
  by("fields").hidden = !found;
  if (!found) return;
  const title = document.createElement("h2");
  title.textContent = `Fields: ${found.kind}`;
  const list = document.createElement("dl");
  for (const [name, value] of Object.entries(found.fields)) {
    if (!value) continue;
    const [term, told] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name.replaceAll("_", " ");
    const doubts = value.checks.filter((check) => !check.holds);
    told.textContent = `${value.value}${value.currency ? ` ${value.currency}` : ""}`;
    if (doubts.length) {
      const doubt = document.createElement("span");
      doubt.className = "doubt";
      doubt.textContent = ` — ${doubts.map((check) => check.message).join("; ")}`;
      told.append(doubt);
    }
    list.append(term, told);
  }
  const none = document.createElement("p");
  none.textContent = "None of them was found.";
  by("fields").replaceChildren(title, list.children.length ? list : none);
}

async function save() {
  const format = by("format").value;
  const [, name, suffix] = FORMATS.find(([each]) => each === format);
  by("save").disabled = true;
  try {
    let blob;
    if (format === "text" && state.edits.size) {
      blob = new Blob([editedText()], { type: "text/plain" });
    } else {
      tell(`Making ${name} …`);
      const { extract, ...how } = state.asked;
      const made = state.job ? result(state.job, { format, partial: true }) : read(state.source, { ...how, format });
      blob = await (await made).blob();
      tell(state.edits.size ? `${name} holds what was read; edits are kept in text only.` : "Saved.");
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${(state.source.file?.name ?? "document").replace(/\.[^.]*$/, "")}${suffix}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (error) {
    tell(error.message, true);
  } finally {
    by("save").disabled = false;
  }
}

function editedText() {
  return state.pages.map((page, at) => page.lines.map((line, index) =>
    `${line.isStart && index ? "\n" : ""}${state.edits.get(`${at}/${index}`) ?? line.text}`).join("\n")).join("\n\n") + "\n";
}

function askWho() {
  const dialog = by("login");
  dialog.showModal();
  return new Promise((resolve) => {
    by("no-login").onclick = () => { dialog.close(); resolve(false); };
    dialog.oncancel = () => resolve(false);
    by("credentials").onsubmit = async (event) => {
      event.preventDefault();
      try {
        await signIn(by("client-id").value, by("client-secret").value);
        dialog.close();
        resolve(true);
      } catch (error) {
        tell(error.message, true);
      }
    };
  });
}

function take(files) {
  if (files?.length) start({ file: files[0] });
}

const drop = by("drop");
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
}
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  take(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => take(event.clipboardData.files));
by("file").addEventListener("change", (event) => { take(event.target.files); event.target.value = ""; });
by("camera").addEventListener("change", (event) => { take(event.target.files); event.target.value = ""; });
by("camera").addEventListener("click", async (event) => {
  if (!canShow()) return;
  event.preventDefault();
  try {
    const taken = await photo();
    if (taken) take([taken]);
  } catch {
    tell("There is no camera that this page may use. Choose a file instead.", true);
  }
});
by("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  if (by("url").value) start({ url: by("url").value });
});
by("again").addEventListener("click", () => start(state.source));
by("before").addEventListener("click", () => show(state.at - 1));
by("after").addEventListener("click", () => show(state.at + 1));
by("in").addEventListener("click", () => sheet.scale(sheet.factor * 1.25));
by("out").addEventListener("click", () => sheet.scale(sheet.factor / 1.25));
by("fit").addEventListener("click", () => sheet.scale(0));
by("boxes").addEventListener("change", (event) => by("sheet").classList.toggle("plain", !event.target.checked));
by("save").addEventListener("click", save);
by("sheet").addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  sheet.scale(sheet.factor * (event.deltaY < 0 ? 1.1 : 1 / 1.1));
}, { passive: false });
addEventListener("pagehide", leaveJob);
addEventListener("resize", () => sheet.scale());
// Where addresses are not read there is no use in asking for one.
settings().then((found) => { by("address").hidden = !found.urls; }).catch(() => {});
languages().then((found) => by("languages").append(...found.map((each) => new Option(each.name, each.tag)))).catch(() => {});
