// One act a person asked for: whether it runs, whether it has taken more than a second, and how it failed.
// What was typed stays where it was typed; a failure names its field or stands for the whole.
import type { AppError, ErrorCode } from "../ipc/bindings";
import { asAppError } from "../ipc/errors";

const LONG_AFTER_MS = 1_000;

export class Act<Answer, Given extends unknown[] = []> {
	busy = $state(false);
	/** It has taken more than a second: say what is happening. */
	long = $state(false);
	error = $state.raw<AppError | null>(null);
	#run: (...given: Given) => Promise<Answer>;
	#then: (answer: Answer) => void;
	#about: Partial<Record<ErrorCode, string>>;
	#current = 0;

	/** `about` names the field that a code is about here, for failures that name none. */
	constructor(
		run: (...given: Given) => Promise<Answer>,
		then: (answer: Answer) => void = () => {},
		about: Partial<Record<ErrorCode, string>> = {},
	) {
		this.#run = run;
		this.#then = then;
		this.#about = about;
	}

	start = async (...given: Given): Promise<void> => {
		if (this.busy) return;
		const current = ++this.#current;
		this.busy = true;
		this.error = null;
		const timer = setTimeout(() => {
			if (current === this.#current) this.long = true;
		}, LONG_AFTER_MS);
		try {
			const answer = await this.#run(...given);
			if (current === this.#current) this.#then(answer);
		} catch (thrown) {
			if (current === this.#current) this.error = asAppError(thrown);
		} finally {
			clearTimeout(timer);
			if (current === this.#current) this.#rest();
		}
	};

	/** Forgets the running act's answer and its failure; the person went back. */
	forget = () => {
		this.#current++;
		this.error = null;
		this.#rest();
	};

	/** The failure that belongs to this field, or null. */
	at(field: string): string | null {
		return this.error !== null && this.#field(this.error) === field ? this.error.message : null;
	}

	/** The failure that belongs to none of the fields on the screen, or null. */
	beside(...fields: string[]): string | null {
		if (this.error === null) return null;
		const field = this.#field(this.error);
		return field !== null && fields.includes(field) ? null : this.error.message;
	}

	#field({ field, code }: AppError): string | null {
		return camel(field) ?? this.#about[code] ?? null;
	}

	#rest() {
		this.busy = false;
		this.long = false;
	}
}

function camel(field: string | null): string | null {
	return field === null ? null : field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
