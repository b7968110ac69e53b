// What published JavaScript libraries say of the samples (a file, the only argument): for each of them how many were
// shown to it, and what it refused. Each library is shown something wrong first, so that one which takes anything is
// noticed. `outside.py` runs this and reads the JSON it prints.
import { createPublicKey, verify as verifySignature } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { Webhook } = require("standardwebhooks");
const { EmbedBuilder, embedLength } = require("@discordjs/builders");
// What its `main` names is for bundlers.
const { AdaptiveCard, SerializationContext } = require("adaptivecards/dist/adaptivecards.js");

const MOST_EMBEDS = 10;
const MOST_EMBEDS_LENGTH = 6000;
const MOST_CONTENT = 2000;
// The header of an ed25519 key in SubjectPublicKeyInfo (RFC 8410).
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

const samples = JSON.parse(readFileSync(process.argv[2])).samples.filter((sample) => sample.request);
const bodyOf = (sample) => Buffer.from(sample.request.body, "base64");
const of = (channel) => samples.filter((sample) => sample.channel === channel);

function refused(problemsOf, wrong) {
  if (problemsOf(wrong).length === 0) throw new Error(`something wrong was accepted: ${JSON.stringify(wrong)}`);
}

function judged(channel, problemsOf) {
  const problems = of(channel).flatMap((sample) =>
    problemsOf(sample).map((problem) => `${sample.channel}, ${sample.alert}: ${problem}`),
  );
  return { checked: of(channel).length, problems };
}

function thrown(run) {
  try {
    run();
    return [];
  } catch (error) {
    return [`${error.name}: ${error.message}`];
  }
}

function webhook(sample) {
  const headers = Object.fromEntries(sample.request.headers);
  const body = bodyOf(sample);
  const tampered = Buffer.from(body);
  tampered[10] ^= 1;
  const secrets = [sample.settings.secret, sample.settings.previous_secret].filter(Boolean);
  return secrets.flatMap((secret) => {
    const accepts = (body) => thrown(() => verified(secret, sample.public_key, headers, body));
    return accepts(tampered).length === 0 ? ["a tampered body was accepted"] : accepts(body);
  });
}

function verified(secret, publicKey, headers, body) {
  if (secret.startsWith("whsec_")) {
    new Webhook(secret).verify(body, headers);
    return;
  }
  // The library knows shared secrets only.
  const raw = Buffer.from(publicKey.replace("whpk_", ""), "base64");
  const key = createPublicKey({ key: Buffer.concat([SPKI, raw]), format: "der", type: "spki" });
  const signed = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  const signatures = headers["webhook-signature"].split(" ").filter((it) => it.startsWith("v1a,"));
  if (!signatures.some((it) => verifySignature(null, signed, key, Buffer.from(it.slice(4), "base64")))) {
    throw new Error("no signature is of this key");
  }
}

function card(json) {
  const context = new SerializationContext();
  const card = new AdaptiveCard();
  card.parse(json, context);
  const parsed = Array.from({ length: context.eventCount }, (_, n) => context.getEventAt(n).message);
  return parsed.concat(card.validateProperties().validationEvents.map((it) => it.message));
}

function message({ content = "", embeds = [] }) {
  const problems = embeds.flatMap((embed) => thrown(() => embedded(embed)));
  const length = embeds.reduce((sum, embed) => sum + embedLength(embed), 0);
  if (content.length > MOST_CONTENT) problems.push(`content of ${content.length}`);
  if (!content && embeds.length === 0) problems.push("nothing to show");
  if (embeds.length > MOST_EMBEDS || length > MOST_EMBEDS_LENGTH) problems.push(`${embeds.length} embeds of ${length}`);
  return problems;
}

// The setters are what validates. They take nothing for a field that is absent.
function embedded({ title, description, url, color, fields, footer, author, timestamp, ...rest }) {
  if (Object.keys(rest).length > 0) throw new Error(`no setter for ${Object.keys(rest)}`);
  const embed = new EmbedBuilder().setTitle(title ?? null).setDescription(description ?? null).setURL(url ?? null);
  embed.setColor(color ?? null).setFooter(footer ?? null).setAuthor(author ?? null);
  embed.setTimestamp(timestamp ? new Date(timestamp) : null).addFields(...(fields ?? []));
}

refused(card, { type: "AdaptiveCard", version: "1.4", body: [{ type: "TextBlock", text: "x", color: "mauve" }] });
refused(card, { type: "AdaptiveCard", version: "1.4", actions: [{ type: "Action.OpenUrl", title: "x" }] });
refused(message, { embeds: [{ title: "x".repeat(257) }] });
refused(message, { embeds: [{ fields: Array(26).fill({ name: "x", value: "y" }) }] });
refused(message, { embeds: Array(2).fill({ description: "x".repeat(4000) }) });

const parsed = (sample) => JSON.parse(bodyOf(sample));
const cardOf = (json) => json.attachments?.[0].content ?? json;
console.log(
  JSON.stringify({
    webhooks: judged("webhook", webhook),
    cards: judged("teams", (sample) => card(cardOf(parsed(sample)))),
    messages: judged("discord", (sample) => message(parsed(sample))),
  }),
);
