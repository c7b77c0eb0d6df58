// The keyboard's acts, as the dialog lists them. The acts themselves live with what they act on.
import { modifierName } from "../kit/keyboard";

export const shortcuts: readonly { group: string; entries: readonly { keys: string[]; act: string }[] }[] = [
	{
		group: "Anywhere",
		entries: [
			{ keys: [modifierName, "K"], act: "Find a key, a screen or an act" },
			{ keys: [modifierName, "N"], act: "New key" },
			{ keys: [modifierName, ","], act: "Preferences" },
			{ keys: [modifierName, "L"], act: "Lock now" },
			{ keys: ["?"], act: "These shortcuts" },
			{ keys: ["Esc"], act: "Close what is open" },
		],
	},
	{
		group: "Keys",
		entries: [
			{ keys: [modifierName, "F"], act: "Search the table" },
			{ keys: ["/"], act: "Search the table" },
			{ keys: ["↑", "↓"], act: "Walk the table, and the panel with it" },
			{ keys: ["Home", "End"], act: "First, last" },
			{ keys: ["Page Up", "Page Down"], act: "A page up, a page down" },
			{ keys: ["Enter"], act: "Open the key" },
			{ keys: ["E"], act: "Edit the open key" },
			{ keys: ["P"], act: "Pause or resume the open key" },
			{ keys: ["Space"], act: "Select the key" },
			{ keys: [modifierName, "A"], act: "Select all keys shown" },
		],
	},
];
