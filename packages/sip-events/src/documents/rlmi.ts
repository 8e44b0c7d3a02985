/**
 * Notifications of resource lists (RFC 4662): the document `application/rlmi+xml`, and the multipart/related body that holds it
 * and the state of each resource.
 */
export type { DocumentReadOptions, UpdateOptions } from './options.js';
export type { UpdateResult } from './update.js';
export { buildListNotification, parseListNotification, type ListNotification, type ListPart, type NewListPart } from './rlmi/multipart.js';
export {
  applyRlmi, buildRlmi, parseRlmi, RLMI_MEDIA_TYPE, RLMI_NAMESPACE,
  type ListedName, type ListedResource, type ResourceInstance, type ResourceList,
} from './rlmi/document.js';
