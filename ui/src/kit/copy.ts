// What may be copied by the window itself; never a secret.
import { say } from "./toasts.svelte";

/** `what` begins the sentence: "Details", "Id". */
export async function copyText(what: string, text: string) {
	try {
		await navigator.clipboard.writeText(text);
		say(`${what} copied.`);
	} catch {
		say(`${what} not copied. Select the text and copy it by hand.`, "bad");
	}
}
