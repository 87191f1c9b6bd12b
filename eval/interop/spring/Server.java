import java.util.UUID;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.MediaType;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.server.authorization.client.InMemoryRegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.util.matcher.MediaTypeRequestMatcher;

/** Spring Authorization Server with its own pages, one user and two clients; README.md says how it is run. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class Server {
  public static void main(String[] arguments) throws Exception {
    var application = new SpringApplication(Server.class);
    var context = (ServletWebServerApplicationContext) application.run(
        "--server.address=127.0.0.1", "--server.port=0", "--spring.main.banner-mode=off", "--logging.threshold.console=off");
    System.out.printf("{\"issuer\":\"http://127.0.0.1:%d\"}%n", context.getWebServer().getPort());
    // Whoever started this server holds the other end of stdin, so that it cannot outlive them.
    while (System.in.read() >= 0) {}
    context.close();
  }

  @Bean @Order(1)
  SecurityFilterChain endpoints(HttpSecurity http) throws Exception {
    var login = new LoginUrlAuthenticationEntryPoint("/login");
    return http
        .oauth2AuthorizationServer(it -> {
          http.securityMatcher(it.getEndpointsMatcher());
          it.oidc(Customizer.withDefaults());
        })
        .authorizeHttpRequests(it -> it.anyRequest().authenticated())
        .exceptionHandling(it -> it.defaultAuthenticationEntryPointFor(login, new MediaTypeRequestMatcher(MediaType.TEXT_HTML)))
        .build();
  }

  @Bean @Order(2)
  SecurityFilterChain pages(HttpSecurity http) throws Exception {
    return http.authorizeHttpRequests(it -> it.anyRequest().authenticated()).formLogin(Customizer.withDefaults()).build();
  }

  @Bean
  UserDetailsService users() {
    var user = User.withUsername(System.getenv("LOADTEST_EMAIL")).password("{noop}" + System.getenv("LOADTEST_PASSWORD"));
    return new InMemoryUserDetailsManager(user.roles("USER").build());
  }

  @Bean
  RegisteredClientRepository clients() {
    // A secret for the confidential one; Spring gives a refresh token to none but those that have one.
    var secret = "{noop}" + System.getenv("LOADTEST_CLIENT_SECRET");
    return new InMemoryRegisteredClientRepository(
        client("public").clientAuthenticationMethod(ClientAuthenticationMethod.NONE).build(),
        client("confidential").clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_BASIC).clientSecret(secret).build());
  }

  static RegisteredClient.Builder client(String id) {
    return RegisteredClient.withId(UUID.randomUUID().toString())
        .clientId(id)
        .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
        .authorizationGrantType(AuthorizationGrantType.REFRESH_TOKEN)
        .redirectUri("http://127.0.0.1/callback")
        .scope("openid")
        .scope("profile")
        .clientSettings(ClientSettings.builder().requireAuthorizationConsent(true).requireProofKey(true).build());
  }
}
