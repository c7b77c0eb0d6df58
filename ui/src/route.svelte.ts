// Where the person is: a tab and, within it, one thing. Kept in memory and mirrored in the address's hash
// (`#/keys/key_0198…`), so that a place can be linked to and Back works. It never carries what was typed.
type Place = { tab: string; item: string | null };

function parse(hash: string): Place {
	const [tab = "", item = ""] = hash.replace(/^#\//, "").split("/");
	return { tab: tab === "" ? "keys" : tab, item: item === "" ? null : item };
}

function print({ tab, item }: Place): string {
	return item === null ? `#/${tab}` : `#/${tab}/${item}`;
}

let place = $state.raw(parse(location.hash));

function reread() {
	place = parse(location.hash);
}
window.addEventListener("popstate", reread);
window.addEventListener("hashchange", reread);

export const route = {
	get tab() {
		return place.tab;
	},
	get item() {
		return place.item;
	},
	/** Goes somewhere new; Back returns. */
	go(tab: string, item: string | null = null) {
		if (tab === place.tab && item === place.item) return;
		place = { tab, item };
		history.pushState(null, "", print(place));
	},
	/** Moves within the place (walking a list), so that Back does not retrace each step. */
	replace(tab: string, item: string | null = null) {
		place = { tab, item };
		history.replaceState(null, "", print(place));
	},
};
