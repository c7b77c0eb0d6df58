// Short confirmations that need no answer. Said to screen readers as well; a toast never holds a secret.
type Toast = { id: number; text: string; tone: "calm" | "bad" };

const SHOWN_FOR_MS = 6_000;

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

export function say(text: string, tone: Toast["tone"] = "calm") {
	const id = ++last;
	toasts = [...toasts.slice(-2), { id, text, tone }];
	setTimeout(() => dismiss(id), SHOWN_FOR_MS);
}

export function dismissAll() {
	toasts = [];
}
