// What the table of keys was asked to show and where it was scrolled to, kept while the window is open, one
// for each connection, so that coming back finds it as it was left.
import type { KeyKind, KeyQuery, KeyState, SortBy, Principal } from "../../ipc/bindings";

export class KeysView {
	search = $state("");
	kinds = $state.raw<KeyKind[]>([]);
	states = $state.raw<KeyState[]>([]);
	owner = $state.raw<Principal | null>(null);
	expiresWithinDays = $state<number | null>(null);
	unusedForDays = $state<number | null>(null);
	sort = $state.raw<{ by: SortBy; descending: boolean }>({ by: "name", descending: false });
	scrolled = $state(0);

	get filtered(): boolean {
		return (
			this.search.trim() !== "" ||
			this.kinds.length > 0 ||
			this.states.length > 0 ||
			this.owner !== null ||
			this.expiresWithinDays !== null ||
			this.unusedForDays !== null
		);
	}

	/** The question to the core, without its window. */
	get question(): Omit<KeyQuery, "offset" | "limit"> {
		return {
			search: this.search.trim(),
			kinds: this.kinds,
			states: this.states,
			owner: this.owner,
			expiresWithinDays: this.expiresWithinDays,
			unusedForDays: this.unusedForDays,
			sort: this.sort,
		};
	}

	clear() {
		this.search = "";
		this.kinds = [];
		this.states = [];
		this.owner = null;
		this.expiresWithinDays = null;
		this.unusedForDays = null;
	}

	/** Nothing but keys that nobody used for so many days. */
	showUnused(days: number) {
		this.clear();
		this.unusedForDays = days;
	}

	/** Nothing but the personal tokens of one owner. */
	showOwner(owner: Principal) {
		this.clear();
		this.owner = owner;
	}

	/** The same column again turns the order around. Times begin with the newest. */
	sortBy(by: SortBy) {
		this.sort =
			this.sort.by === by
				? { by, descending: !this.sort.descending }
				: { by, descending: by === "last_used" };
	}
}

const views = new Map<string, KeysView>();

export function viewOf(connectionId: string): KeysView {
	const known = views.get(connectionId) ?? new KeysView();
	views.set(connectionId, known);
	return known;
}
