// What this computer wants of the server, as the real outbox keeps it: an edit beside what its author saw,
// merged field by field when it is sent.
import { ago } from "./sample";
import type {
	EditField,
	KeyRow,
	KeyText,
	PendingChange,
	PendingEdit,
	PendingOperation,
} from "../ipc/bindings";

export type Wanted = Omit<PendingChange, "edit"> & { edit: Pick<PendingEdit, "base" | "mine"> | null };

const fields: EditField[] = ["name", "description", "requestsPerMinute", "grants"];

export function textOf({ name, description, requestsPerMinute, people, grants }: KeyText): KeyText {
	return { name, description, requestsPerMinute, people, grants };
}

const differs = (one: KeyText, other: KeyText, field: EditField) =>
	JSON.stringify(one[field]) !== JSON.stringify(other[field]);

function isSame(one: KeyText, other: KeyText): boolean {
	const who = (text: KeyText) => [...text.people].sort().join();
	return !fields.some((field) => differs(one, other, field)) && who(one) === who(other);
}

/** What was changed between the two, put over a third. */
function over(below: KeyText, { base, mine }: { base: KeyText; mine: KeyText }): KeyText {
	const of = <F extends EditField>(field: F) => (differs(mine, base, field) ? mine : below)[field];
	return {
		name: of("name"),
		description: of("description"),
		requestsPerMinute: of("requestsPerMinute"),
		people: [
			...below.people.filter((member) => mine.people.includes(member) || !base.people.includes(member)),
			...mine.people.filter(
				(member) => !base.people.includes(member) && !below.people.includes(member),
			),
		],
		grants: of("grants"),
	};
}

function conflicts({ base, mine }: { base: KeyText; mine: KeyText }, theirs: KeyText): EditField[] {
	return fields.filter(
		(field) => differs(mine, base, field) && differs(theirs, base, field) && differs(mine, theirs, field),
	);
}

function without(people: string[], others: string[]): string[] {
	return people.filter((member) => !others.includes(member));
}

function goesOn({ state }: Wanted): boolean {
	return state === "waiting" || state === "sent";
}

export class FakeOutbox {
	#wanted: Wanted[] = [];
	#last = 0;

	get waiting(): number {
		return this.#wanted.filter(goesOn).length;
	}

	get needsYou(): number {
		return this.#wanted.length - this.waiting;
	}

	list(keys: readonly KeyRow[]): PendingChange[] {
		return this.#wanted.map((wanted) => {
			if (wanted.edit === null) return { ...wanted, edit: null };
			const row = keys.find(({ id }) => id === wanted.keyId);
			const theirs = row === undefined ? null : textOf(row);
			return {
				...wanted,
				edit: {
					...wanted.edit,
					theirs,
					conflicts: theirs === null ? [] : conflicts(wanted.edit, theirs),
					assigned: without(wanted.edit.mine.people, wanted.edit.base.people),
					unassigned: without(wanted.edit.base.people, wanted.edit.mine.people),
				},
			};
		});
	}

	/** A key as this computer wants it, with what presses most. */
	shown(row: KeyRow): KeyRow {
		const mine = this.of(row.id);
		if (mine.length === 0) return row;
		const pressing = mine.reduce<Wanted | null>(
			(most, next) => (most === null || urgency(next) >= urgency(most) ? next : most),
			null,
		);
		const text = mine
			.filter(goesOn)
			.reduce((below, { edit }) => (edit === null ? below : over(below, edit)), textOf(row));
		return {
			...row,
			...text,
			pending:
				pressing === null
					? null
					: { operation: pressing.operation, state: pressing.state, message: pressing.message },
		};
	}

	/** Answers which operation it is. */
	want(row: KeyRow, operation: PendingOperation, edit: Wanted["edit"] = null): string {
		const operationId = `op_${String(++this.#last)}`;
		this.#wanted = [
			...this.#wanted,
			{
				operationId,
				operation,
				keyId: row.id,
				keyName: edit?.base.name ?? row.name,
				queuedAt: ago(0),
				state: "waiting",
				message: null,
				attempts: 0,
				edit,
			},
		];
		return operationId;
	}

	/** Wants a pause or a resumption: not twice, and one that was not sent yet takes the other back. */
	wantHalt(row: KeyRow, operation: "pause" | "resume") {
		const last = this.of(row.id).findLast(
			(wanted) => (wanted.operation === "pause" || wanted.operation === "resume") && goesOn(wanted),
		);
		if (last === undefined || (last.operation !== operation && last.state === "sent"))
			this.want(row, operation);
		else if (last.operation !== operation) this.#take(last.operationId);
	}

	/** Wants an edit; the making of the key takes it in (then the text it is to be made with is answered), as does an
	 * edit that waits. One that was refused or stands in conflict is replaced. */
	wantEdit(row: KeyRow, base: KeyText, mine: KeyText): KeyText | null {
		for (const earlier of this.#wanted.filter(({ keyId }) => keyId === row.id)) {
			const { operation, state, edit } = earlier;
			if (operation === "create" && state !== "sent") {
				const made = over(row, { base, mine });
				this.#put(earlier, { state: "waiting", message: null, keyName: made.name });
				return made;
			}
			if (edit !== null && state === "waiting") {
				const amended = over(edit.mine, { base, mine });
				if (isSame(amended, edit.base)) this.#take(earlier.operationId);
				else this.#put(earlier, { edit: { ...edit, mine: amended } });
				return null;
			}
			if (edit !== null && state !== "sent") this.#take(earlier.operationId);
		}
		if (!isSame(base, mine)) this.want(row, "edit", { base, mine });
		return null;
	}

	of(keyId: string): Wanted[] {
		return this.#wanted.filter((wanted) => wanted.keyId === keyId);
	}

	state(operationId: string): PendingChange["state"] | null {
		return this.#wanted.find((wanted) => wanted.operationId === operationId)?.state ?? null;
	}

	keyOf(operationId: string): string | null {
		return this.#wanted.find((wanted) => wanted.operationId === operationId)?.keyId ?? null;
	}

	#take(operationId: string) {
		this.#wanted = this.#wanted.filter((wanted) => wanted.operationId !== operationId);
	}

	/** Drops a change; with the making of a key goes the key, which is answered, and what else was wanted of it. */
	drop(operationId: string): Wanted[] {
		const made = this.#wanted.filter(
			(wanted) => wanted.operationId === operationId && wanted.operation === "create",
		);
		this.#take(operationId);
		this.#wanted = this.#wanted.filter(({ keyId }) => !made.some((gone) => gone.keyId === keyId));
		return made;
	}

	/** What of a key goes on comes to this. */
	mark(keyId: string, state: PendingChange["state"], message: string | null = null) {
		for (const wanted of this.of(keyId).filter(goesOn)) this.#put(wanted, { state, message });
	}

	retry(operationId: string) {
		for (const wanted of this.#wanted)
			if (wanted.operationId === operationId) this.#put(wanted, { state: "waiting", message: null });
	}

	/** Sends what goes on: what becomes of a key, by how each change of it ended. `carry` does what is no edit. */
	send(key: KeyRow, carry: (row: KeyRow, wanted: Wanted) => KeyRow): KeyRow {
		let row = key;
		for (const wanted of this.of(key.id).filter(goesOn)) {
			const edit = wanted.edit;
			if (edit !== null && conflicts(edit, row).length > 0) {
				this.#put(wanted, {
					state: "conflict",
					message: "Somebody else changed the same; decide which holds.",
				});
				continue;
			}
			this.#take(wanted.operationId);
			row = edit === null ? carry(row, wanted) : { ...row, ...over(row, edit) };
		}
		return row;
	}

	#put(wanted: Wanted, change: Partial<Wanted>) {
		this.#wanted = this.#wanted.map((other) =>
			other.operationId === wanted.operationId ? { ...other, ...change } : other,
		);
	}
}

function urgency(wanted: Wanted): number {
	const weights: Partial<Record<PendingOperation, number>> = {
		create: 4,
		revoke: 3,
		pause: 2,
		resume: 2,
		edit: 0,
	};
	return (goesOn(wanted) ? 0 : 10) + (weights[wanted.operation] ?? 1);
}
