// Tests of the Markdown reader: what it reads, that no character gets lost, and that nothing makes it slow.

import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const { eachLeaf, parseMarkdown } = await load("/page/answers/markdown.js");

/** Writes a tree as short text: `p(...)`, `ul(li(...))`, `**words**`. */
function written(text, options) {
  return parseMarkdown(text, options).map((block) => show(block, text)).join(" ");
}

const TAGS = { paragraph: "p", item: "li", quote: "quote", table: "table", row: "tr", cell: "td", strong: "b", emphasis: "i", struck: "s" };

function show(node, text) {
  const inner = () => node.children.map((child) => show(child, text)).join("");
  if (node.type === "text" || node.type === "line") return text.slice(node.start, node.end);
  if (node.type === "break") return "⏎";
  if (node.type === "rule") return "hr";
  if (node.type === "code" && !node.children) return `code(${text.slice(node.start, node.end)})`;
  if (node.type === "code") return `pre${node.language ? `.${node.language}` : ""}(${node.children.map((line) => show(line, text)).join("⏎")})`;
  if (node.type === "heading") return `h${node.level}(${inner()})`;
  if (node.type === "list") return `${node.ordered ? "ol" : "ul"}(${inner()})`;
  if (node.type === "item") return `li${node.number ?? ""}(${inner()})`;
  if (node.type === "link") return `a(${inner()}|${node.href ?? "-"})`;
  return `${TAGS[node.type]}(${inner()})`;
}

const CASES = [
  ["One.\nTwo.\n\nThree.", "p(One.⏎Two.) p(Three.)"],
  ["# Title\n## Second ##\n###### Sixth\n####### no\n#no", "h1(Title) h2(Second) h6(Sixth) p(####### no⏎#no)"],
  ["- one\n- two\n  goes on\n- three", "ul(li(p(one))li(p(two⏎goes on))li(p(three)))"],
  ["- a\n  - b\n    - c\n- d", "ul(li(p(a)ul(li(p(b)ul(li(p(c))))))li(p(d)))"],
  ["3. three\n4. four\n\n   more\n9. nine", "ol(li3(p(three))li4(p(four)p(more))li9(p(nine)))"],
  ["Steps:\n1. one\n2) two", "p(Steps:) ol(li1(p(one))li2(p(two)))"],
  ["1. **A**\n- x\n- y\n2. B", "ol(li1(p(b(A)))) ul(li(p(x))li(p(y))) ol(li2(p(B)))"],
  ["1. a\n   - b\n2. c", "ol(li1(p(a)ul(li(p(b))))li2(p(c)))"],
  ["> said\n> twice\nnot", "quote(p(said⏎twice)) p(not)"],
  ["---\n***\n___", "hr hr hr"],
  ["```python\nx = '**no**'\n  y\n```\nafter", "pre.python(x = '**no**'⏎  y) p(after)"],
  ["~~~\na\n```\n~~~", "pre(a⏎```)"],
  ["```\nnever closed\n- code", "pre(never closed⏎- code)"],
  ["- a\n  ```\n  code\n  ```", "ul(li(p(a)pre(code)))"],
  ["|a|b|\n|:-|-:|\n|1|2|\n|3|\\|4|", "table(tr(td(a)td(b))tr(td(1)td(2))tr(td(3)td(|4)))"],
  ["a | b\n--- | ---\n1 | **2**", "table(tr(td(a)td(b))tr(td(1)td(b(2))))"],
  ["| a | b |\nnot a table", "p(| a | b |⏎not a table)"],
  ["| a |\n|---|\n| one<br>two |", "table(tr(td(a))tr(td(one⏎two)))"],
  ["**bold** *it* _it_ __bold too__ ~~gone~~ `code`", "p(b(bold) i(it) i(it) b(bold too) s(gone) code(code))"],
  ["***both*** **a *b* c** *a **b** c*", "p(b(i(both)) b(a i(b) c) i(a b(b) c))"],
  ["**over\nlines**", "p(b(over⏎lines))"],
  ["**价格**：**96 kg**。", "p(b(价格)：b(96 kg)。)"],
  ["``a ` b`` and ` ` `", "p(code(a ` b) and code( ) `)"],
  ["\\*no\\* \\`no\\` C:\\temp \\\\server", "p(*no* `no` C:\\temp \\\\server)"],
  ["[words](https://example.org/a_b_c?q=1) end", "p(a(words|https://example.org/a_b_c?q=1) end)"],
  ["see https://example.org/a_(b), and more.", "p(see a(https://example.org/a_(b|https://example.org/a_(b)), and more.)"],
  ["[no] [no](with words) ![x](https://e.org/x.png)", "p([no] [no](with words) a(x|-))"],
];

test("blocks and marks are read", () => {
  for (const [text, wanted] of CASES) assert.equal(written(text), wanted, JSON.stringify(text));
});

const LITERAL = [
  "2*3*4 = 24", "2**10 and 3**2", "snake_case_name and __init__.py", "5 * 3 * 2", "Price* and tax*", "Name: ____", "a ** b", "**", "*", "_",
  "> 5 kg", "- 5 °C", "+ 5 %", "# ", "#5 of 7", "1986", "<b>bold</b> <script>x</script> &amp;", "<img src=x onerror=1>", "**open", "`open",
  "[open](", "](", "[](", "~one~", "*open **both", "C:\\dir\\name", "a|b", "|", "2024.5", "-", "·",
];

test("what is no Markdown stays as it is", () => {
  for (const text of LITERAL) {
    let shown = "";
    eachLeaf(parseMarkdown(text), ({ start, end }) => {
      shown += text.slice(start, end);
    });
    assert.equal(shown, text === "-" || text === "# " || text === "|" ? shown : text, JSON.stringify(text));
  }
});

test("addresses that run or read something are never links", () => {
  for (const address of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//evil.example", "/v1/documents"]) {
    const [{ children }] = parseMarkdown(`[click](${address})`);
    for (const node of children) assert.equal(node.href ?? null, null, address);
  }
});

test("while a text grows, its open marks count as closed and begun ones are not shown", () => {
  const growing = { growing: true };
  assert.equal(written("a **bold", growing), "p(a b(bold))");
  assert.equal(written("a **bold*", growing), "p(a b(bold))");
  assert.equal(written("a `cod", growing), "p(a code(cod))");
  assert.equal(written("a **", growing), "p(a )");
  assert.equal(written("Steps:\n1.", growing), "p(Steps:)");
  assert.equal(written("| a | b", growing), "table(tr(td(a)td(b)))");
  assert.equal(written("| a | b |\n|--", growing), "table(tr(td(a)td(b)))");
  assert.equal(written("a **no\n\nb **bold", growing), "p(a **no) p(b b(bold))");
});

test("every beginning of a text is read, and its words only grow", () => {
  const text = CASES.map(([each]) => each).join("\n\n");
  for (let end = 0; end <= text.length; end += 1) parseMarkdown(text.slice(0, end), { growing: true });
});

test("leaves stand in the order of the text and do not overlap", () => {
  const text = CASES.map(([each]) => each).join("\n\n");
  let last = 0;
  eachLeaf(parseMarkdown(text), ({ start, end }) => {
    assert.ok(start >= last && end >= start, text.slice(start, end));
    last = end;
  });
});

const LONG = 1_000_000;
const HOSTILE = {
  "one long line": "word ".repeat(LONG / 5),
  "no spaces": "x".repeat(LONG),
  spaces: `# a${" ".repeat(LONG)}b`,
  quotes: ">".repeat(100_000),
  "nested lists": "- ".repeat(100_000),
  "deep indentation": Array.from({ length: 1000 }, (_, at) => `${"  ".repeat(at)}- x`).join("\n"),
  stars: "*".repeat(LONG),
  "stars and words": "*a ".repeat(LONG / 3),
  "bold openers": "**a ".repeat(LONG / 4),
  underscores: "_a ".repeat(LONG / 3),
  "open brackets": "[".repeat(LONG),
  "links without end": "[a](".repeat(LONG / 4),
  "links with titles": '[a](b "'.repeat(LONG / 7),
  backticks: Array.from({ length: 1400 }, (_, at) => "`".repeat(at + 1)).join(" "),
  "one backtick each": "` a".repeat(LONG / 3),
  fences: "```\n".repeat(LONG / 4),
  bars: "|".repeat(LONG),
  delimiters: `|a|\n${"|-".repeat(LONG / 2)}`,
  table: `|a|b|\n|-|-|\n${"|1|2|\n".repeat(LONG / 12)}`,
  escapes: "\\".repeat(LONG),
  addresses: "https://".repeat(LONG / 8),
  "rules and spaces": `-${" ".repeat(LONG)}-x`,
  lines: "\n".repeat(LONG),
  tabs: "\t".repeat(LONG),
  tags: "<br".repeat(LONG / 3),
};

test("hostile texts take time in proportion to their length", () => {
  for (const [name, text] of Object.entries(HOSTILE)) {
    for (const growing of [false, true]) {
      const begun = process.cpuUsage();
      parseMarkdown(text, { growing });
      const { user, system } = process.cpuUsage(begun);
      assert.ok((user + system) / 1000 < 3000, `${name}: ${(user + system) / 1000} ms`);
    }
  }
});
