// Which keys are chosen in the table: a set of ids and nothing more, whatever the length of the table. What a range or
// everything holds is asked of the core. Nothing is chosen that is not shown: keys that are gone, or that a filter
// hides, leave.
import type { AppError, KeyRow } from "../../ipc/bindings";
import { asAppError } from "../../ipc/errors";
import { onTopics } from "../../ipc/tauri";
import type { KeyRows } from "./rows.svelte";

const LOOKED_AT_MOST_EVERY_MS = 1_000;

export class Selection {
	ids = $state.raw<ReadonlySet<string>>(new Set());
	/** Ids are being read: of a long range, or of everything. */
	reading = $state(false);
	problem = $state.raw<AppError | null>(null);
	#rows: KeyRows;
	#anchor: number | null = null;
	#asked = 0;
	#looking = false;
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** Must be made while a component is set up. */
	constructor(rows: KeyRows) {
		this.#rows = rows;
		$effect(() => onTopics(["keys", "outbox"], () => this.#lookSoon()));
		$effect(() => () => {
			this.#asked++;
			clearTimeout(this.#timer);
		});
	}

	toggle = ({ id }: KeyRow, index: number) => {
		const ids = new Set(this.ids);
		if (!ids.delete(id)) ids.add(id);
		this.#take(ids);
		this.#anchor = index;
	};

	/** From the one chosen last up to this one. */
	upTo = (index: number) => {
		const from = this.#anchor ?? index;
		const [first, last] = from < index ? [from, index] : [index, from];
		this.#anchor = index;
		return this.#add(first, last);
	};

	all = (total: number) => this.#add(0, total - 1);

	clear = () => {
		this.#take(new Set());
		this.#anchor = null;
	};

	#take(ids: ReadonlySet<string>) {
		this.#asked++;
		this.reading = false;
		this.problem = null;
		this.ids = ids;
	}

	async #add(first: number, last: number) {
		const asked = ++this.#asked;
		this.reading = true;
		this.problem = null;
		try {
			const found: string[] = [];
			for await (const ids of this.#rows.ids(first, last)) {
				if (asked !== this.#asked) return;
				found.push(...ids);
			}
			if (asked === this.#asked) this.#take(new Set([...this.ids, ...found]));
		} catch (thrown) {
			if (asked !== this.#asked) return;
			this.reading = false;
			this.problem = asAppError(thrown);
		}
	}

	#lookSoon() {
		if (this.ids.size === 0) return;
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			void this.#look();
		}, LOOKED_AT_MOST_EVERY_MS);
	}

	/** Another question is asked: what it does not show is not chosen any more. */
	asked() {
		this.#anchor = null;
		if (this.ids.size > 0) void this.#look();
	}

	/** Drops the keys that are not shown any more. Stops reading as soon as all are found. */
	async #look() {
		if (this.#looking) return this.#lookSoon();
		this.#looking = true;
		const asked = this.#asked;
		const missing = new Set(this.ids);
		try {
			for await (const ids of this.#rows.ids(0, Infinity)) {
				for (const id of ids) missing.delete(id);
				if (missing.size === 0 || asked !== this.#asked) break;
			}
			if (missing.size > 0 && asked === this.#asked)
				this.ids = new Set([...this.ids].filter((id) => !missing.has(id)));
		} catch {
			// What cannot be read now is looked at with the next change.
		} finally {
			this.#looking = false;
		}
	}
}
