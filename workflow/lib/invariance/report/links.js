// Within Snakemake's report, no path leads out of a page. The report is told what this page links
// to, answers with what it has of it, and shows that when asked to. All other links become words.
if (window.parent !== window) {
  const links = [...document.querySelectorAll("a[data-shows]")];
  const reachable = /^(file|https?):$/.test(location.protocol);
  const addresses = links.map((link) => link.getAttribute("href"));
  if (!reachable) links.forEach((link) => link.removeAttribute("href"));
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || !event.data || !event.data.has) return;
    document.documentElement.classList.add("within");
    links.forEach((link, at) => {
      if (!event.data.has.includes(link.dataset.shows)) return link.removeAttribute("href");
      link.setAttribute("href", addresses[at]);
      link.onclick = (click) => {
        click.preventDefault();
        window.parent.postMessage({ show: link.dataset.shows }, "*");
      };
    });
  });
  window.parent.postMessage({ links: links.map((link) => link.dataset.shows) }, "*");
}
