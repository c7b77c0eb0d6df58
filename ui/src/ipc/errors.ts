// What a rejected command throws, made certain: whatever arrives, the screens hold an AppError.
import type { AppError } from "./bindings";

function isAppError(thrown: unknown): thrown is AppError {
	return typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown;
}

export function asAppError(thrown: unknown): AppError {
	if (isAppError(thrown)) return thrown;
	return {
		code: "unexpected",
		message: "Something in Keystead failed. Try again; if it stays, copy the details and report it.",
		field: null,
		details: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
	};
}
