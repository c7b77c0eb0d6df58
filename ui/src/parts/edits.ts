// What an edit changes, and how it stands beside what somebody else made of the same key meanwhile. The core
// merges and decides; these are its answers put so that they can be shown.
import type {
	EditField,
	KeyId,
	KeyRow,
	KeyText,
	PendingChange,
	PendingEdit,
	PendingOperation,
} from "../ipc/bindings";
import { commands } from "../ipc/tauri";
import { grantsWords, isSameGrants } from "./grants";
import { limitText, limitWords } from "./limit";
import { operationWords } from "./operations";

export const editFields: readonly EditField[] = ["name", "description", "requestsPerMinute", "grants"];
/** Those that are written in a form, and not chosen from a list. */
export type WrittenField = Exclude<EditField, "grants">;

export const fieldNames: Record<EditField, string> = {
	name: "Name",
	description: "Description",
	requestsPerMinute: "Limit",
	grants: "Services",
};

/** Whether a field is the same in both. */
export function isSame(one: KeyText, other: KeyText, field: EditField): boolean {
	return field === "grants" ? isSameGrants(one.grants, other.grants) : one[field] === other[field];
}

export function isSameText(one: KeyText, other: KeyText): boolean {
	return editFields.every((field) => isSame(one, other, field));
}

export function textOf({ name, description, requestsPerMinute, people, grants }: KeyText): KeyText {
	return { name, description, requestsPerMinute, people, grants };
}

/** A field as it is written in a form. */
export function formText(text: KeyText, field: WrittenField): string {
	return field === "requestsPerMinute" ? limitText(text[field]) : text[field];
}

/** A field as it is told. */
export function told(text: KeyText, field: EditField): string {
	if (field === "grants") return grantsWords(text.grants);
	return field === "requestsPerMinute" ? limitWords(text[field]) : text[field];
}

/** The fields that its author changed. */
export function changedFields({ base, mine }: Pick<PendingEdit, "base" | "mine">): EditField[] {
	return editFields.filter((field) => !isSame(mine, base, field));
}

/** Who changed a field that is not in conflict. */
type Side = "neither" | "mine" | "theirs" | "both";

export function sideOf({ base, mine, theirs }: PendingEdit, field: EditField): Side {
	const byMe = !isSame(mine, base, field);
	const byThem = theirs !== null && !isSame(theirs, base, field);
	if (byMe && byThem) return "both";
	return byMe ? "mine" : byThem ? "theirs" : "neither";
}

/** The side from which a field comes that is not in conflict. */
export function mergedFrom({ base, mine, theirs }: PendingEdit, field: EditField): KeyText {
	return isSame(mine, base, field) && theirs !== null ? theirs : mine;
}

/** Whether a change is of what is written of a key, and so can be edited. */
export function isWritten(operation: PendingOperation): boolean {
	return operation === "create" || operation === "edit";
}

/** "Rename ci to ci-deploy", "Edit ci", "Revoke ci". */
export function changeWords({ operation, keyName, edit }: PendingChange): string {
	return edit !== null && edit.mine.name !== edit.base.name
		? `Rename ${edit.base.name} to ${edit.mine.name}`
		: `${operationWords[operation].verb} ${keyName}`;
}

/** A key as it is opened to be edited. */
export type Editable = {
	row: KeyRow;
	/** What its author sees: over this the core merges. */
	seen: KeyText;
	/** What is in the fields at first: what was refused, or else what is seen. */
	written: KeyText;
	/** Why what is in the fields was refused. */
	refused: string | null;
};

export type Opening =
	| { is: "edit"; editable: Editable }
	/** Somebody else changed the same: that comes first. */
	| { is: "decide"; keyId: KeyId }
	| { is: "refused"; reason: string };

/** Where it leads to edit a key now. */
export async function openToEdit(keyId: KeyId): Promise<Opening> {
	const [{ row, edit }, pending] = await Promise.all([commands.keyDetail(keyId), commands.listPending()]);
	const changes = pending.filter((change) => change.keyId === keyId);
	if (changes.some(({ state }) => state === "conflict")) return { is: "decide", keyId };
	if (!edit.allowed) return { is: "refused", reason: edit.reason ?? "This key cannot be edited." };
	const refused = changes.find(({ operation, state }) => isWritten(operation) && state === "refused");
	const seen = refused?.edit?.base ?? textOf(row);
	const written = refused?.edit?.mine ?? seen;
	return {
		is: "edit",
		editable: { row, seen, written, refused: refused === undefined ? null : refusalOf(refused) },
	};
}

export function refusalOf({ message }: Pick<PendingChange, "message">): string {
	return message ?? "The server refused it.";
}
