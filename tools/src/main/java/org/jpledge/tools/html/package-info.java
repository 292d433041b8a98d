/**
 * One page that shows what a program did: promises over time, files, hosts, processes. It needs no network and no server.
 */
package org.jpledge.tools.html;
