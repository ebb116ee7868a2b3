/** Every platform that meetings can be made at, made from the settings that are there. */

import { jaas } from "./jaas.ts";
import { type MeetingPlatform, PlatformError } from "./platform.ts";
import { zoom } from "./zoom.ts";

/** Finds a platform by `meeting_platforms.id`; throws a PlatformError where a setting is missing. */
export type Platforms = (id: string) => MeetingPlatform;

type Setting = (name: string) => string;

/** The platforms, made when first asked for: nobody needs the settings of all. */
export function platforms(
  environment: Record<string, string | undefined>,
  now: () => Date = () => new Date(),
): Platforms {
  const setting: Setting = (name) => {
    const value = environment[name];
    if (!value) throw new PlatformError(`${name} is missing in the function's secrets`);
    return value;
  };
  const makers: Record<string, () => MeetingPlatform> = {
    zoom: () =>
      zoom({
        accountId: setting("ZOOM_ACCOUNT_ID"),
        clientId: setting("ZOOM_CLIENT_ID"),
        clientSecret: setting("ZOOM_CLIENT_SECRET"),
        apiUrl: environment.ZOOM_API_URL || "https://api.zoom.us",
        oauthUrl: environment.ZOOM_OAUTH_URL || "https://zoom.us",
        fetch,
        now,
      }),
    jaas: () =>
      jaas({ keyId: setting("JAAS_KEY_ID"), privateKey: setting("JAAS_PRIVATE_KEY"), now }),
  };
  const made = new Map<string, MeetingPlatform>();
  return (id) => {
    const platform = made.get(id) ?? makers[id]?.();
    if (!platform) throw new PlatformError(`There is no adapter for the platform ${id}`);
    made.set(id, platform);
    return platform;
  };
}
