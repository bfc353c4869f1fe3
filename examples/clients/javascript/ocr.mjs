// Have a picture read: node ocr.mjs PICTURE MARKED
import { readFile, writeFile } from "node:fs/promises";

const [picture, marked] = process.argv.slice(2);
const url = process.env.INKREAD_URL ?? "http://127.0.0.1:8080";
const headers = { "Content-Type": "application/json" };
if (process.env.INKREAD_TOKEN) headers.Authorization = `Bearer ${process.env.INKREAD_TOKEN}`;

const image = (await readFile(picture)).toString("base64");
const answer = await fetch(`${url}/ocr`, { method: "POST", headers, body: JSON.stringify({ image }) });
const reply = await answer.json();
if (!answer.ok) {
  console.error(reply.errorMsg);
  process.exit(1);
}
for (const { text, score } of reply.result.texts) console.log(`${score.toFixed(2)} ${text}`);
await writeFile(marked, Buffer.from(reply.result.image, "base64"));
