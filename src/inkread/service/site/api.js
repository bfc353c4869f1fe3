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

export async function languages() {
  return (await (await ask("/v1/languages", {})).json()).languages;
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
