// What the page asks of the service. Every answer is data: nothing of it is ever taken for markup.

export class Failure extends Error {
  constructor(status, kind, message) {
    super(message);
    this.status = status;
    this.kind = kind;
  }
}

let token = null;

/** Give id and secret for a token, which is kept in this page only. */
export async function signIn(id, secret) {
  const basic = btoa(String.fromCharCode(...new TextEncoder().encode(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)));
  const answer = await fetch("/connect/token", {
    method: "POST",
    headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
    body: "grant_type=client_credentials",
  });
  if (!answer.ok) throw await failure(answer);
  token = (await answer.json()).access_token;
}

/** Have a source read: { file } or { url }, with fields as /v1/read has them. Returns the answer. */
export function read(source, fields, signal) {
  return send("/v1/read", source, fields, signal);
}

/** How many pages a source has. */
export async function countPages(source, signal) {
  return (await (await send("/v1/pages", source, {}, signal)).json()).pages;
}

function send(path, source, fields, signal) {
  const given = Object.entries(fields).filter(([, value]) => value);
  let body;
  const headers = {};
  if (source.file) {
    body = new FormData();
    for (const [name, value] of given) body.append(name, value);
    body.append("file", source.file, source.file.name || "picture.png");
  } else {
    const values = Object.fromEntries(given);
    if (values.language) values.language = values.language.split(",").map((each) => each.trim()).filter(Boolean);
    if (values.pictures) values.pictures = true;
    body = JSON.stringify({ ...values, url: source.url });
    headers["content-type"] = "application/json";
  }
  return ask(path, { method: "POST", body, headers, signal });
}

/** Have a long source read as a job; returns its address. Raises a Failure of 404 where the service takes no jobs. */
export async function submit(source, fields, signal) {
  return (await send("/v1/jobs", source, fields, signal)).headers.get("location");
}

/** What becomes of a job, as it happens: [kind, data]. A connection that breaks is made again where it was. */
export async function* events(job, signal) {
  let last = "";
  for (let tries = 0; tries < 6; tries += 1) {
    try {
      const answer = await ask(`${job}/events`, { headers: last ? { "last-event-id": last } : {}, signal });
      for await (const event of eventsOf(answer.body)) {
        tries = 0;
        last = event.id ?? last;
        yield [event.event, JSON.parse(event.data)];
        if (event.event === "end") return;
      }
    } catch (error) {
      if (error.name === "AbortError" || (error instanceof Failure && error.status >= 400 && error.status < 500)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  throw new Failure(0, "", "The service does not answer. Is it running?");
}

/** Server-sent events of a body: EventSource knows no tokens. */
async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const event = {};
      for (const line of block.split("\n")) {
        const at = line.indexOf(": ");
        if (at > 0) event[line.slice(0, at)] = line.slice(at + 2);
      }
      if (event.data) yield event;
    }
  }
}

/** What a job has read: format, pages, pictures, partial. */
export function result(job, params, signal) {
  return ask(`${job}/result?${new URLSearchParams(params)}`, { signal });
}

/** Have the service forget a job, also while this page is closed. */
export function forget(job) {
  ask(job, { method: "DELETE", keepalive: true }).catch(() => {});
}

export async function languages() {
  return (await (await ask("/v1/languages", {})).json()).languages;
}

/** What the operator has settled that this page should know. */
export async function settings() {
  return (await ask("/site/settings.json", {})).json();
}

async function ask(path, options) {
  const headers = { ...options.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0, "", "The service does not answer. Is it running?");
  }
  if (!answer.ok) throw await failure(answer);
  return answer;
}

async function failure(answer) {
  try {
    const told = await answer.json();
    return new Failure(answer.status, told.kind ?? "", told.errorMsg ?? `The service answered ${answer.status}.`);
  } catch {
    return new Failure(answer.status, "", `The service answered ${answer.status}.`);
  }
}
