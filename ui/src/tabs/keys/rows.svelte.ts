// A hundred thousand keys by the hundred: only the pages around what is looked at are held. A page asked for
// under an older question is dropped; pages made stale by a change stay on the screen until the new ones
// are there.
import { untrack } from "svelte";
import type { AppError, KeyCounts, KeyQuery, KeyRow } from "../../ipc/bindings";
import { asAppError } from "../../ipc/errors";
import { commands, onTopics } from "../../ipc/tauri";

type Question = Omit<KeyQuery, "offset" | "limit">;
type Standing =
	| { is: "loading"; slow: boolean }
	| { is: "ready"; total: number; counts: KeyCounts }
	| { is: "failed"; error: AppError };

const PAGE = 100;
const LONG_PAGE = 1_000;
const HELD_AROUND = 5;
const SLOW_AFTER_MS = 200;

export class KeyRows {
	standing = $state.raw<Standing>({ is: "loading", slow: false });
	#pages = $state.raw(new Map<number, readonly KeyRow[]>());
	#question: Question | null = null;
	#generation = 0;
	#asked = new Set<number>();
	#stale = new Set<number>();
	#window: [number, number] = [0, 1];

	/** Must be made while a component is set up. `question` is reactive. */
	constructor(question: () => Question) {
		$effect(() => {
			const asked = question();
			untrack(() => this.#ask(asked));
		});
		$effect(() => onTopics(["keys", "outbox"], () => this.reread()));
		$effect(() => {
			if (this.standing.is !== "loading" || this.standing.slow) return;
			const timer = setTimeout(() => (this.standing = { is: "loading", slow: true }), SLOW_AFTER_MS);
			return () => clearTimeout(timer);
		});
	}

	at = (index: number): KeyRow | null => {
		return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE] ?? null;
	};

	find(id: string): KeyRow | null {
		for (const page of this.#pages.values()) {
			const found = page.find((row) => row.id === id);
			if (found !== undefined) return found;
		}
		return null;
	}

	/** These rows are looked at: reads what is missing of them and lets go of what is far away. */
	look = (first: number, last: number) => {
		this.#window = [first, Math.max(last, first + 1)];
		this.#fill();
	};

	/** Reads again what is held; the old rows stay until then. */
	reread = () => {
		this.#stale = new Set(this.#pages.keys());
		this.#asked.clear();
		this.#generation++;
		this.#fill();
	};

	/** The ids of these rows, first and last included, as they are at the core now; by the thousand. */
	async *ids(first: number, last: number): AsyncGenerator<string[]> {
		const question = this.#question;
		for (let offset = first; question !== null && offset <= last; offset += LONG_PAGE) {
			const limit = Math.min(LONG_PAGE, last - offset + 1);
			const { rows, total } = await commands.listKeys({ ...question, offset, limit });
			yield rows.map(({ id }) => id);
			if (offset + rows.length >= total || rows.length === 0) return;
		}
	}

	#ask(question: Question) {
		this.#question = question;
		this.#window = [0, Math.max(1, this.#window[1] - this.#window[0])];
		this.reread();
	}

	#fill() {
		const [first, last] = this.#window.map((index) => Math.floor(index / PAGE)) as [number, number];
		for (let page = first; page <= last; page++) {
			if (this.#asked.has(page)) continue;
			if (this.#pages.has(page) && !this.#stale.has(page)) continue;
			void this.#read(page);
		}
	}

	async #read(page: number) {
		if (this.#question === null) return;
		const generation = this.#generation;
		this.#asked.add(page);
		try {
			const answer = await commands.listKeys({ ...this.#question, offset: page * PAGE, limit: PAGE });
			if (generation !== this.#generation) return;
			this.#keep(page, answer.rows);
			this.standing = { is: "ready", total: answer.total, counts: answer.counts };
		} catch (thrown) {
			if (generation === this.#generation) this.standing = { is: "failed", error: asAppError(thrown) };
		} finally {
			if (generation === this.#generation) this.#asked.delete(page);
		}
	}

	#keep(page: number, rows: readonly KeyRow[]) {
		const [first, last] = this.#window.map((index) => Math.floor(index / PAGE)) as [number, number];
		const near = (other: number) => other >= first - HELD_AROUND && other <= last + HELD_AROUND;
		// The first fresh page of a new generation replaces every old one that is not on the screen.
		const kept = [...this.#pages].filter(
			([other]) => near(other) && (!this.#stale.has(other) || (other >= first && other <= last)),
		);
		this.#stale = new Set(
			[...this.#stale].filter((other) => other !== page && kept.some(([at]) => at === other)),
		);
		this.#pages = new Map([...kept, [page, rows]]);
	}
}
