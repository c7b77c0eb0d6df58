// The choices made in a conflict, field by field. What somebody else changes while they are made takes the choice
// for that field back: it was made over something else. What was typed stays.
import type { EditField, KeyText, PendingChange, PendingEdit } from "../ipc/bindings";
import { editFields, formText, mergedFrom } from "./edits";
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
	};
	#of: string | null = null;
	#theirs: KeyText | null = null;

	/** Takes in how the edit stands now. */
	take({ operationId }: PendingChange, { mine, theirs, conflicts }: PendingEdit) {
		for (const field of editFields) {
			if (operationId !== this.#of) this.fields[field].begin(formText(mine, field));
			if (this.#theirs === null || theirs === null || !conflicts.includes(field)) continue;
			if (theirs[field] !== this.#theirs[field]) this.fields[field].takeBack();
		}
		this.#of = operationId;
		this.#theirs = theirs;
	}

	/** What is to be made of the key, once every field in conflict is decided. */
	made(edit: PendingEdit): KeyText | null {
		const [name, description, limit] = editFields.map((field) => this.#made(edit, field));
		if (name == null || description == null || limit == null) return null;
		const read = readLimit(limit);
		if ("problem" in read || edit.theirs === null) return null;
		// Whom it is assigned to is merged by the core, one by one.
		return { name, description, requestsPerMinute: read.limit, people: edit.theirs.people };
	}

	#made(edit: PendingEdit, field: EditField): string | null {
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
