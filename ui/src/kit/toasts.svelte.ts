// Short confirmations that need no answer. Said to screen readers as well; a toast never holds a secret.
type ToastAct = { label: string; run: () => void };
type Toast = { id: number; text: string; tone: "calm" | "bad"; act: ToastAct | null };

const SHOWN_FOR_MS = 6_000;
const SHOWN_WITH_ACT_MS = 12_000;

let toasts = $state.raw<Toast[]>([]);
let last = 0;

export const shownToasts = {
	get all() {
		return toasts;
	},
};

export function dismiss(id: number) {
	toasts = toasts.filter((toast) => toast.id !== id);
}

/** `act` is offered beside the words: a way back. */
export function say(text: string, tone: Toast["tone"] = "calm", act: ToastAct | null = null) {
	const id = ++last;
	toasts = [...toasts.slice(-2), { id, text, tone, act }];
	setTimeout(() => dismiss(id), act === null ? SHOWN_FOR_MS : SHOWN_WITH_ACT_MS);
}

export function dismissAll() {
	toasts = [];
}
