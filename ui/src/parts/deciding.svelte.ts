// The choices made in a conflict, field by field. What somebody else changes while they are made takes the choice
// for that field back: it was made over something else. What was typed stays.
import type { EditField, KeyText, PendingChange, PendingEdit } from "../ipc/bindings";
import { editFields, formText, isSame, mergedFrom, type WrittenField } from "./edits";
import { readLimit } from "./limit";

export type Choice = "mine" | "theirs" | "other";

class FieldChoice {
	choice = $state<Choice | null>(null);
	/** The third wording. */
	other = $state("");
	/** What happened to theirs while this was open. */
	news = $state<string | null>(null);

	begin(mine: string) {
		this.choice = null;
		this.other = mine;
		this.news = null;
	}

	choose(choice: Choice) {
		this.choice = choice;
		this.news = null;
	}

	takeBack() {
		this.news = `Theirs changed while this was open.${this.choice === null ? "" : " Choose again."}`;
		this.choice = null;
	}
}

export class Deciding {
	readonly fields: Record<EditField, FieldChoice> = {
		name: new FieldChoice(),
		description: new FieldChoice(),
		requestsPerMinute: new FieldChoice(),
		grants: new FieldChoice(),
	};
	#of: string | null = null;
	#theirs: KeyText | null = null;

	/** Takes in how the edit stands now. */
	take({ operationId }: PendingChange, { mine, theirs, conflicts }: PendingEdit) {
		for (const field of editFields) {
			if (operationId !== this.#of)
				this.fields[field].begin(field === "grants" ? "" : formText(mine, field));
			if (this.#theirs === null || theirs === null || !conflicts.includes(field)) continue;
			if (!isSame(theirs, this.#theirs, field)) this.fields[field].takeBack();
		}
		this.#of = operationId;
		this.#theirs = theirs;
	}

	/** What is to be made of the key, once every field in conflict is decided. */
	made(edit: PendingEdit): KeyText | null {
		const [name, description, limit] = (["name", "description", "requestsPerMinute"] as const).map(
			(field) => this.#made(edit, field),
		);
		const grants = this.#grants(edit);
		if (name == null || description == null || limit == null || grants === null) return null;
		const read = readLimit(limit);
		if ("problem" in read || edit.theirs === null) return null;
		// Whom it is assigned to is merged by the core, one by one.
		const { people } = edit.theirs;
		return { name, description, requestsPerMinute: read.limit, people, grants };
	}

	/** Services are taken from one side or the other, whole. */
	#grants(edit: PendingEdit): KeyText["grants"] | null {
		if (!edit.conflicts.includes("grants")) return mergedFrom(edit, "grants").grants;
		const { choice } = this.fields.grants;
		if (choice === null) return null;
		return (choice === "mine" ? edit.mine : edit.theirs)?.grants ?? null;
	}

	#made(edit: PendingEdit, field: WrittenField): string | null {
		if (!edit.conflicts.includes(field)) return formText(mergedFrom(edit, field), field);
		const { choice, other } = this.fields[field];
		switch (choice) {
			case null:
				return null;
			case "mine":
				return formText(edit.mine, field);
			case "theirs":
				return edit.theirs === null ? null : formText(edit.theirs, field);
			case "other":
				return other;
		}
	}
}
