// A passphrase that is being chosen: long enough, and typed twice the same. The core checks the length, too.
export const MIN_LENGTH = 10;

export class NewPassphrase {
	typed = $state("");
	repeated = $state("");
	short = $state.raw<string | null>(null);
	different = $state.raw<string | null>(null);

	/** Whether it can be sent; otherwise the fields say why not. */
	check(): boolean {
		this.short = this.typed.length < MIN_LENGTH ? `Use at least ${MIN_LENGTH} characters.` : null;
		this.different = this.typed === this.repeated ? null : "The two passphrases differ.";
		return this.short === null && this.different === null;
	}
}
