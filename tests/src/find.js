// What a person (or a screen reader) would find by a role and a name. Roles and names as ARIA computes them, as far
// as the console's screens need it; what is hidden from either is not found. While a dialog or a menu is open, only
// what is in it can be reached, so only that is looked at.
const [{ role, name, part, within, anywhere }] = arguments;

const INPUTS = { checkbox: "checkbox", radio: "radio", search: "searchbox", button: "button", submit: "button" };
const TAGS = {
	button: "button", textarea: "textbox", nav: "navigation", main: "main", aside: "complementary", form: "form",
	ul: "list", ol: "list", li: "listitem", article: "article", fieldset: "group", table: "table", tr: "row", th: "columnheader",
	td: "cell", p: "paragraph", dt: "term", dd: "definition", select: "combobox", dialog: "dialog",
	progress: "progressbar", section: "region",
};
const BY_CONTENT = new Set([
	"button", "link", "heading", "option", "menuitem", "menuitemradio", "menuitemcheckbox", "row", "cell", "gridcell",
	"columnheader", "paragraph", "listitem", "definition", "term", "status", "alert",
]);

function roleOf(element) {
	const given = element.getAttribute("role");
	if (given) return given.split(" ")[0];
	const tag = element.localName;
	if (tag === "input") return INPUTS[element.type] ?? "textbox";
	if (tag === "a") return element.hasAttribute("href") ? "link" : "";
	if (/^h[1-6]$/.test(tag)) return "heading";
	return TAGS[tag] ?? "";
}

const tidy = (text) => text.replace(/\s+/g, " ").trim();

function words(node) {
	if (node.nodeType === Node.TEXT_NODE) return node.data;
	if (node.nodeType !== Node.ELEMENT_NODE || node.getAttribute("aria-hidden") === "true") return "";
	const style = getComputedStyle(node);
	if (style.display === "none" || style.visibility === "hidden") return "";
	const label = node.getAttribute("aria-label") ?? (node.localName === "img" ? node.alt : null);
	const text = label ?? [...node.childNodes].map(words).join("");
	return style.display.startsWith("inline") ? text : ` ${text} `;
}

function nameOf(element) {
	const by = element.getAttribute("aria-labelledby");
	if (by) return tidy(by.split(" ").map((id) => document.getElementById(id)).filter(Boolean).map(words).join(" "));
	const label = element.getAttribute("aria-label");
	if (label) return tidy(label);
	if (element.labels?.length > 0) return tidy([...element.labels].map(words).join(" "));
	if (element.localName === "fieldset") return tidy(element.querySelector("legend")?.textContent ?? "");
	if (BY_CONTENT.has(roleOf(element))) return tidy([...element.childNodes].map(words).join(""));
	return tidy(element.getAttribute("title") ?? "");
}

function isShown(element) {
	return (
		element.getClientRects().length > 0 &&
		getComputedStyle(element).visibility === "visible" &&
		element.closest('[aria-hidden="true"], [inert]') === null
	);
}

function all(root, role, name, part) {
	return [...root.querySelectorAll("*")].filter((element) => {
		if (roleOf(element) !== role || !isShown(element)) return false;
		if (name === null) return true;
		const own = nameOf(element);
		return part ? own.includes(name) : own === name;
	});
}

// The last one opened lies on top.
const covers = [...document.querySelectorAll('[role="dialog"], [role="menu"]')].filter(isShown);
let roots = anywhere || covers.length === 0 ? [document] : [covers[covers.length - 1]];
// What covers everything is found by its own name, too.
if (!anywhere && covers.length > 0 && ["dialog", "menu"].includes(role)) roots = [document];
if (within) roots = all(document, within[0], within[1], false);
return roots.flatMap((root) => all(root, role, name, part));
