package dev.spindle.weights.catalogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.InvalidInputException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvironmentProxiesTest {

    private static final URI HTTPS = URI.create("https://models.example.org/file");
    private static final URI HTTP = URI.create("http://models.example.org/file");

    private static String select(URI address, Map<String, String> environment) {
        List<Proxy> proxies = new EnvironmentProxies(environment, ProxySelector.of(null)).select(address);
        assertEquals(1, proxies.size());
        return proxies.getFirst().address() instanceof InetSocketAddress proxy
                ? proxy.getHostString() + ":" + proxy.getPort()
                : "none";
    }

    @Test
    void readsTheVariableOfTheScheme() {
        Map<String, String> both = Map.of("https_proxy", "http://secure.test:8443/", "http_proxy", "plain.test:3128");
        assertEquals("secure.test:8443", select(HTTPS, both));
        assertEquals("plain.test:3128", select(HTTP, both));
        assertEquals("none", select(HTTP, Map.of("https_proxy", "http://secure.test:8443")));
        assertEquals("none", select(HTTP, Map.of("http_proxy", " ")));
        assertEquals("any.test:1080", select(HTTP, Map.of("all_proxy", "http://any.test")));
        assertEquals("capital.test:80", select(HTTPS, Map.of("HTTPS_PROXY", "http://capital.test:80")));
        assertEquals(
                "small.test:80", select(HTTPS, Map.of("HTTPS_PROXY", "capital.test:80", "https_proxy", "small.test:80")));
    }

    @Test
    void sparesWhatNoProxyNames() {
        for (String spared : List.of("*", "models.example.org", "example.org", ".example.org", "a.test, EXAMPLE.ORG")) {
            assertEquals("none", select(HTTP, Map.of("http_proxy", "p:1", "no_proxy", spared)), spared);
        }
        for (String other : List.of("", "ample.org", "models.example.org.test", "s.example.org", ",")) {
            assertEquals("p:1", select(HTTP, Map.of("http_proxy", "p:1", "no_proxy", other)), other);
        }
    }

    @Test
    void refusesOtherKindsOfProxyAndShowsNoPassword() {
        for (String value : List.of("socks5://p:1", "https://p:1", "http://", "http://user:secret@p:1", "http://se cret")) {
            InvalidInputException e =
                    assertThrows(InvalidInputException.class, () -> select(HTTP, Map.of("http_proxy", value)), value);
            assertTrue(e.getMessage().startsWith("http_proxy: expected "), e.getMessage());
            assertFalse(e.getMessage().contains("secret"), e.getMessage());
        }
    }
}
