// Tests of the layout of an answer: each sentence is marked where it stands, and its citations follow it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const { answerNodes, isNumber } = await load("/page/answers/answer_nodes.js");
const { wholeStretches } = await load("/page/answers/whole_words.js");

/** Finds sentences in a text; each has citations. */
function placed(text, sentences) {
  let from = 0;
  return sentences.map((words) => {
    const start = text.indexOf(words, from);
    from = start + words.length;
    return { start, end: from, cited: true, supported: true, marks: {}, facts: [] };
  });
}

function show(node) {
  if (typeof node === "string") return node;
  if (node.live !== undefined) return `[${node.live}]`;
  const inner = node.children.map(show).join("");
  if (node.className.startsWith("sentence")) return `{${inner}}`;
  if (node.className === "unverified") return `~${inner}~`;
  if (node.className === "whole") return `‹${inner}›`;
  return `<${node.tag}${node.attributes.value ? ` ${node.attributes.value}` : ""}>${inner}</${node.tag}>`;
}

function laidOut(text, sentences = [], growing = false) {
  return answerNodes({ text, sentences: placed(text, sentences), growing }).map(show).join("");
}

test("citations follow the sentence", () => {
  assert.equal(laidOut("One. Two. Three", ["One.", "Two."], true), "<p>{One.}[0] {Two.}[1]~ Three~</p>");
});

test("a sentence that holds marks, or lies within them, has its citations once and behind them", () => {
  assert.equal(laidOut("**A b. C** d `e`. F", ["A b.", "C** d `e`."]), "<p>{<strong>A b.</strong>}[0]<strong> </strong>{<strong>C</strong> d <code>e</code>.}[1] F</p>");
});

test("sentences in items, headings and cells", () => {
  const text = "# Limits of 2025.\nLead:\n1. Meals cost 45.\n2. Hotels cost 160.\n\n| a | b |\n|---|---|\n| c | 1 |";
  assert.equal(
    laidOut(text, ["# Limits of 2025.", "1. Meals cost 45.", "2. Hotels cost 160.", "| c | 1 |"]),
    "<h3>{Limits of 2025.}[0]</h3><p>Lead:</p><ol><li 1>{Meals cost 45.}[1]</li><li 2>{Hotels cost 160.}[2]</li></ol>" +
      "<div><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>{c}</td><td>{1}[3]</td></tr></tbody></table></div>",
  );
});

test("a line of code is a sentence, too", () => {
  assert.equal(laidOut("```\nrun it\nstop\n```", ["run it"]), "<pre><code>{run it}[0]\nstop</code></pre>");
});

test("the lines of an answer that is a list are its items", () => {
  const text = "They are:\nOne.\nTwo.";
  const shown = answerNodes({ text, sentences: placed(text, ["One.", "Two."]), growing: false, listed: true }).map(show).join("");
  assert.equal(shown, "<p>They are:</p><ul><li>{One.}[0]</li><li>{Two.}[1]</li></ul>");
});

test("a sentence over two lines stays one", () => {
  assert.equal(laidOut("One\ntwo. Three.", ["One\ntwo."]), "<p>{One<br></br>two.}[0] Three.</p>");
});

test("headings begin below that of the question, whatever their first level is", () => {
  assert.equal(laidOut("### A\n##### B\n### C"), "<h3>A</h3><h4>B</h4><h3>C</h3>");
});

test("an address is shown behind the words of its link, and never hidden", () => {
  assert.equal(laidOut("[here](https://e.org/x)"), "<p><a>here</a><span> (https://e.org/x)</span></p>");
  assert.equal(laidOut("[here](javascript:x)"), "<p><span>here</span><span> (javascript:x)</span></p>");
  assert.equal(laidOut("![seen](https://e.org/x.png)"), "<p><span>seen</span><span> (https://e.org/x.png)</span></p>");
});

test("markup is text", () => {
  assert.equal(laidOut("<b>x</b> <img src=x>"), "<p><b>x</b> <img src=x></p>");
  assert.deepEqual(answerNodes({ text: "<b>x</b>", sentences: [], growing: false })[0].children, ["<b>x</b>"]);
});

test("facts of a sentence are told apart", () => {
  const [sentence] = placed("It is 96 kg.", ["It is 96 kg."]);
  sentence.facts = [{ start: 6, end: 8, className: "fact", title: "x" }];
  const [paragraph] = answerNodes({ text: "It is 96 kg.", sentences: [sentence], growing: false });
  assert.deepEqual(paragraph.children[0].children[1].children[0], { tag: "span", className: "fact", attributes: { title: "x" }, children: ["96"] });
});

test("dates, part numbers and numbers with units are whole", () => {
  const whole = (text) => wholeStretches(text).filter(({ isWhole }) => isWhole).map(({ from, to }) => text.slice(from, to));
  const text = "On 2025-04-14 the LP-100 weighed 96 kg, cost € 1,349.00 at 5 °C, 30-day terms, 14/04/2025, 10:00-15:00, and 12 people.";
  assert.deepEqual(whole(text), ["2025-04-14", "LP-100", "96 kg", "€ 1,349.00", "5 °C", "30-day", "14/04/2025", "10:00-15:00"]);
  for (const each of [text, "", "1-", "x2-3", "5 sheep", "-".repeat(100)]) {
    assert.equal(wholeStretches(each).map(({ from, to }) => each.slice(from, to)).join(""), each);
  }
});

test("numbers are known by their form", () => {
  for (const each of ["1", "-5", "1,349.00", "€ 45", "45 %", "1 200,50 €", "+3.5", "189.00"]) assert.ok(isNumber(each), each);
  for (const each of ["", "LP-100", "3 pieces of", "n/a", "about 5", "Q1"]) assert.ok(!isNumber(each), each);
});
