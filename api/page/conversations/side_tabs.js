// The tabs of a side, as conversations and documents. The browser remembers the one that was chosen last.

/** Sets up tabs, each with the panel that it controls; the first is shown unless another was chosen before, as `key` remembers. */
export function sideTabs(tablist, { key = "citewell.side" } = {}) {
  const tabs = [...tablist.querySelectorAll("[role=tab]")];

  function choose(tab, { focus = false } = {}) {
    for (const each of tabs) {
      each.setAttribute("aria-selected", String(each === tab));
      each.tabIndex = each === tab ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).hidden = each !== tab;
    }
    if (focus) tab.focus();
  }

  for (const tab of tabs) {
    tab.addEventListener("click", () => {
      choose(tab);
      remember(key, tab.id);
    });
  }
  tablist.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    choose(next, { focus: true });
    remember(key, next.id);
  });
  choose(tabs.find(({ id }) => id === remembered(key)) ?? tabs[0]);
  return {
    /** Shows the first panel alone. */
    remove() {
      choose(tabs[0]);
      tablist.hidden = true;
    },
  };
}

function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // the browser keeps nothing for this page
  }
}

function remember(key, id) {
  try {
    localStorage.setItem(key, id);
  } catch {
    // The next page begins with the first tab.
  }
}
