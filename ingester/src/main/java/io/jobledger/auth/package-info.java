/** Bearer tokens: what one allows, where they are kept, and how one is recognised. Knows nothing of HTTP. */
package io.jobledger.auth;
