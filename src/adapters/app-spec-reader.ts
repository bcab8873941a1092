import { AppSpecError } from '../domain/app-spec.ts'
import type { AppSpec } from '../domain/app-spec.ts'
import { parseAppSpec } from '../engine/app-spec-text.ts'

/** An AppSpec as the engine reads it, or what is wrong with it, in the words with which a deployment would fail. */
export function readAppSpecText(content: string): AppSpec | AppSpecError {
  try {
    return parseAppSpec(content)
  } catch (error) {
    if (error instanceof AppSpecError) return error
    throw error
  }
}
