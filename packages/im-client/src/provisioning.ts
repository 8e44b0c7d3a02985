/**
 * What a client needs to know to be one, as an operator's server tells it: the provisioning document, and fetching it over HTTP with
 * Digest. With `clientOptions` it makes an `ImClient`.
 */
export {
  PROVISIONING_TYPE, readProvisioning, writeProvisioning, type ProvisionedLimits, type ProvisionedServices, type Provisioning,
} from './provisioning-document.js';
export { fetchProvisioning, type Fetch, type FetchOptions, type FetchResponse } from './provisioning-fetch.js';
export { clientOptions, type ProvisionedClientOptions } from './provisioned-client.js';
