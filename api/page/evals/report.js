// The page of a report: its points in time, as the reader's clock and language have them.

import { date } from "/page/shared/words.js";

for (const node of document.querySelectorAll("time")) node.textContent = date(node.dateTime, { dateStyle: "long", timeStyle: "short" });
