// The words for changes that are on their way: one line for each, so that the badge, the panel, the pending changes
// and the toasts name them alike.
import type { PendingOperation } from "../ipc/bindings";

type Words = {
	/** "Pause": begins "… is not yet in force". */
	noun: string;
	/** What it is of a key: "Pause ci-deploy". */
	verb: string;
	/** How the key stands while it waits. */
	waits: string;
	/** What the server refused. */
	wanted: string;
	/** What dropping it means. */
	dropped: string;
};

export const operationWords: Record<PendingOperation, Words> = {
	create: {
		noun: "Creation",
		verb: "Create",
		waits: "Made here, not yet in force: the server does not know this key yet.",
		wanted: "this key",
		dropped: "The server will never learn of this key, and its secret will not work.",
	},
	edit: {
		noun: "Edit",
		verb: "Edit",
		waits: "Edited here, not yet in force: others see it as it was until the server confirms it.",
		wanted: "your edit",
		dropped: "The key stays as the server has it, and what you wrote is lost.",
	},
	rotate: {
		noun: "New secret",
		verb: "Rotate",
		waits: "Rotated here, not yet in force: the new secret does not work, and the old one does, until the server confirms it.",
		wanted: "the new secret",
		dropped: "The new secret will never work, and leaves this computer's keychain. The old one stays.",
	},
	extend_rotation: {
		noun: "Extension",
		verb: "Extend the rotation of",
		waits: "Extended here, not yet in force: the old secret ends as planned until the server confirms it.",
		wanted: "to extend the rotation",
		dropped: "The old secret ends when it was to end before.",
	},
	finish_rotation: {
		noun: "Finish",
		verb: "Finish the rotation of",
		waits: "Finished here, not yet in force: the old secret works until the server confirms it.",
		wanted: "to finish the rotation",
		dropped: "The rotation goes on, and the old secret keeps working.",
	},
	roll_back_rotation: {
		noun: "Roll back",
		verb: "Roll back the rotation of",
		waits: "Rolled back here, not yet in force: the new secret works until the server confirms it.",
		wanted: "to roll the rotation back",
		dropped: "The rotation goes on, and the new secret keeps working.",
	},
	pause: {
		noun: "Pause",
		verb: "Pause",
		waits: "Paused here, not yet in force: the key works until the server confirms it.",
		wanted: "the pause",
		dropped: "The key is not paused, and keeps working.",
	},
	resume: {
		noun: "Resumption",
		verb: "Resume",
		waits: "Resumed here, not yet in force: requests fail until the server confirms it.",
		wanted: "to resume this key",
		dropped: "The key stays paused.",
	},
	revoke: {
		noun: "Revocation",
		verb: "Revoke",
		waits: "Revoked here, not yet in force: the key works until the server confirms it.",
		wanted: "the revocation",
		dropped: "The key stays as it is, and keeps working.",
	},
};
