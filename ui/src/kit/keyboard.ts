// What the modifier is called and whether it is held, on this operating system.
const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);

export const modifierName = mac ? "⌘" : "Ctrl";

export function modifierHeld(event: KeyboardEvent): boolean {
	return (mac ? event.metaKey : event.ctrlKey) && !event.altKey;
}

/** Whether a plain character would be typed into something. */
export function isTyping(event: Event): boolean {
	const target = event.target;
	return (
		target instanceof HTMLElement &&
		(target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
	);
}

/** Whether a dialog or menu is open, which then owns the keyboard. */
export function isCovered(): boolean {
	return document.querySelector('[role="dialog"], [role="menu"]') !== null;
}
