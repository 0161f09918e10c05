import { z } from 'zod'
import { defineState, document, setting, settings } from '../../src/index.ts'

/** A program with settings of every kind. */
export const configured = defineState({
  name: 'configured',
  version: 1,
  kinds: {
    title: document(z.string()),
    settings: settings({
      theme: setting(z.enum(['light', 'dark']), { default: 'dark', env: 'APP_THEME' }),
      port: setting(z.number().int().min(1), { default: 4173, env: 'APP_PORT' }),
      hosts: setting(z.array(z.string()), { default: [] }),
      greeting: setting(z.string()),
      sessionCache: setting(z.boolean(), { default: true, env: 'APP_SESSION_CACHE' }),
      apiKey: setting(z.string().startsWith('key-'), { secret: true, env: 'APP_API_KEY' }),
    }),
  },
})
